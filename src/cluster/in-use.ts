import { formatSubnet, overlap, parseSubnet } from './addresses.js';
import { bridgeName } from './names.js';
import type { ClusterSpec } from './spec.js';

/** The parts that are read of `ip -json address show` and `ip -json route show table all`. */
export interface LinkAddresses {
  readonly ifname: string;
  readonly addr_info?: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
  }[];
}

export interface Route {
  readonly dst: string;
  readonly dev?: string;
  /** absent for an ordinary one */
  readonly type?: string;
  readonly table?: string;
}

export interface Machine {
  readonly links: readonly LinkAddresses[];
  readonly routes: readonly Route[];
  /** the other clusters that are up */
  readonly clusters: readonly Pick<ClusterSpec, 'name' | 'subnet'>[];
}

/** Who on the machine uses a part of the cluster's range already; undefined when nobody does. What the cluster itself left is no one. */
export function rangeInUse(spec: Pick<ClusterSpec, 'name' | 'subnet'>, machine: Machine): string | undefined {
  const own = bridgeName(spec.name);
  const subnet = parseSubnet(spec.subnet)!;
  const touches = (range: string): boolean => {
    const other = parseSubnet(range);
    return other !== undefined && other.prefix > 0 && overlap(subnet, other);
  };
  const cluster = machine.clusters.find((other) => other.name !== spec.name && touches(other.subnet));
  if (cluster) return `the cluster ${cluster.name} (${cluster.subnet})`;
  for (const link of machine.links) {
    const address = link.addr_info?.find(
      (info) => info.family === 'inet' && touches(`${info.local}/${info.prefixlen}`),
    );
    if (address && link.ifname !== own)
      return `the interface ${link.ifname} (${address.local}/${address.prefixlen})`;
  }
  const route = machine.routes.find(
    (candidate) => isForeign(candidate, own, formatSubnet(subnet)) && touches(candidate.dst),
  );
  if (route) return `a route to ${route.dst}${route.dev === undefined ? '' : ` over ${route.dev}`}`;
  return undefined;
}

function isForeign(route: Route, bridge: string, subnet: string): boolean {
  if (route.dev === bridge || route.table === 'local') return false;
  return !(route.type === 'blackhole' && route.dst === subnet);
}
