import { basename, extname } from 'node:path';
import { ConfigurationError } from '../errors.js';
import type { Inventory, Sourced } from '../inventory/model.js';
import type { Loaded } from '../template/template.js';
import { Template } from '../template/template.js';
import {
  contains,
  firstFree,
  formatSubnet,
  isAddress,
  isUsable,
  parseSubnet,
  type Subnet,
} from './addresses.js';
import { isSuite, suites, type Suite } from './suites.js';

/** All that the cluster takes from an inventory. */
export interface ClusterSpec {
  readonly name: string;
  /** in CIDR form */
  readonly subnet: string;
  /** the machine's own address on the cluster's bridge */
  readonly gateway: string;
  readonly hosts: readonly HostSpec[];
  /** addresses in the subnet that the inventory mentions and no host has: the virtual ones, to be left free */
  readonly reserved: readonly string[];
}

export interface HostSpec {
  readonly name: string;
  readonly address: string;
  /** who may log in */
  readonly user: string;
  /** undefined: whatever the cluster runs already, else the default */
  readonly suite: Suite | undefined;
}

/** A host's variables, all levels of the inventory merged. */
export type VariablesOf = (host: string) => ReadonlyMap<string, Sourced>;

/**
 * What to build for an inventory. Read are: `cluster_name` and `cluster_subnet` of the group `all` (default: the inventory's file
 * name, and the /24 of the hosts), and of each host `ansible_host`, `ansible_user` (default `admin`) and `cluster_suite`.
 * Hosts with `ansible_connection: local` are left out.
 */
export function clusterSpec(inventory: Inventory, variablesOf: VariablesOf): ClusterSpec {
  const all = inventory.groups.get('all')?.vars ?? new Map<string, Sourced>();
  const hosts = [...inventory.hosts.keys()]
    .filter((name) => plain(variablesOf(name), 'ansible_connection', name) !== 'local')
    .map((name) => hostSpec(name, variablesOf(name)));
  if (hosts.length === 0)
    throw new ConfigurationError(`the inventory ${inventory.sources.join(', ')} holds no hosts to build`);
  const subnet = clusterSubnet(all, hosts);
  for (const host of hosts) {
    const why = notIn(subnet, host, hosts);
    if (why !== undefined) {
      const position = variablesOf(host.name).get('ansible_host')?.position;
      throw new ConfigurationError(`${host.name} cannot have the address ${host.address}: ${why}`, {
        position,
        host: host.name,
        hint: 'give every host an address of its own in cluster_subnet',
      });
    }
  }
  const taken = new Set(hosts.map((host) => host.address));
  const reserved = mentionedAddresses(inventory).filter(
    (address) => isUsable(subnet, address) && !taken.has(address),
  );
  const gateway = firstFree(subnet, new Set([...taken, ...reserved]));
  if (gateway === undefined)
    throw new ConfigurationError(`${formatSubnet(subnet)} has no address left for the cluster's gateway`);
  return {
    name: clusterName(all, inventory.sources),
    subnet: formatSubnet(subnet),
    gateway,
    hosts,
    reserved,
  };
}

function hostSpec(name: string, vars: ReadonlyMap<string, Sourced>): HostSpec {
  const position = vars.get('ansible_host')?.position;
  const address = plain(vars, 'ansible_host', name) ?? name;
  if (!isAddress(address)) {
    throw new ConfigurationError(
      `"${address}" is not an IPv4 address: the cluster must know the address of every host`,
      {
        position,
        host: name,
        hint: `set ansible_host of ${name}, for example ansible_host: 10.77.0.11`,
      },
    );
  }
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    throw new ConfigurationError(`"${name}" cannot be the name of a machine`, {
      host: name,
      hint: 'use lower-case letters, digits and hyphens, as RFC 1123 has it',
    });
  }
  const user = plain(vars, 'ansible_user', name) ?? 'admin';
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(user) || user === 'root') {
    throw new ConfigurationError(
      `"${user}" cannot log in to ${name}: the login is an unprivileged user with sudo`,
      {
        position: vars.get('ansible_user')?.position,
        host: name,
        hint: 'set ansible_user to a name like admin, and become: true where root is needed',
      },
    );
  }
  const port = plain(vars, 'ansible_port', name);
  if (port !== undefined && port !== '22') {
    throw new ConfigurationError(`the hosts of a cluster listen on port 22, not on ${port}`, {
      position: vars.get('ansible_port')?.position,
      host: name,
      hint: 'leave ansible_port out of the inventory of a cluster',
    });
  }
  return { name, address, user, suite: hostSuite(name, vars) };
}

function hostSuite(name: string, vars: ReadonlyMap<string, Sourced>): Suite | undefined {
  const suite = plain(vars, 'cluster_suite', name);
  if (suite === undefined || isSuite(suite)) return suite;
  throw new ConfigurationError(`cluster_suite is "${suite}": no such release`, {
    position: vars.get('cluster_suite')?.position,
    host: name,
    hint: `use one of ${suites.join(', ')}`,
  });
}

function clusterName(all: ReadonlyMap<string, Sourced>, sources: readonly string[]): string {
  const source = sources[0] ?? 'cluster';
  const name =
    plain(all, 'cluster_name', 'all') ??
    basename(source, extname(source))
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-');
  if (/^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name)) return name;
  throw new ConfigurationError(`"${name}" cannot be the name of a cluster`, {
    position: all.get('cluster_name')?.position,
    hint: 'set cluster_name of the group all: at most 30 lower-case letters, digits and hyphens',
  });
}

function clusterSubnet(all: ReadonlyMap<string, Sourced>, hosts: readonly HostSpec[]): Subnet {
  const written = plain(all, 'cluster_subnet', 'all');
  const subnet = parseSubnet(written ?? `${hosts[0]!.address}/24`);
  if (subnet !== undefined && subnet.prefix >= 16 && subnet.prefix <= 29) return subnet;
  throw new ConfigurationError(`cluster_subnet is "${written ?? ''}": not a range that a cluster can have`, {
    position: all.get('cluster_subnet')?.position,
    hint: 'write a private range of /16 to /29, for example cluster_subnet: 10.77.0.0/24',
  });
}

function notIn(subnet: Subnet, host: HostSpec, hosts: readonly HostSpec[]): string | undefined {
  if (!contains(subnet, host.address)) return `it is outside of ${formatSubnet(subnet)}`;
  if (!isUsable(subnet, host.address))
    return `it is the network or the broadcast address of ${formatSubnet(subnet)}`;
  const twin = hosts.find((other) => other.address === host.address);
  return twin !== undefined && twin !== host ? `${twin.name} has it` : undefined;
}

/** All that look like an address in the variables: those of hosts, and virtual ones. */
export function mentionedAddresses(inventory: Inventory): string[] {
  const maps = [...inventory.groups.values(), ...inventory.hosts.values()].map((owner) => owner.vars);
  const leaves = maps.flatMap((vars) => [...vars.values()].flatMap((sourced) => stringsIn(sourced.value)));
  // A virtual address is often written with its prefix length, as keepalived wants it.
  const addresses = leaves.map((leaf) => leaf.split('/')[0]!).filter(isAddress);
  return [...new Set(addresses)].sort();
}

function stringsIn(value: Loaded): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object' || value instanceof Template) return [];
  return Object.values(value).flatMap(stringsIn);
}

function plain(vars: ReadonlyMap<string, Sourced>, name: string, owner: string): string | undefined {
  const sourced = vars.get(name);
  if (sourced === undefined || sourced.value === null) return undefined;
  if (typeof sourced.value === 'string' || typeof sourced.value === 'number') return String(sourced.value);
  throw new ConfigurationError(
    `${name} of ${owner} must be written out: the cluster is built before any template is rendered`,
    {
      position: sourced.position,
    },
  );
}
