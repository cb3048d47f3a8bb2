import ipaddr from 'ipaddr.js';
import { readForeignJson } from '../../foreign-json.js';

export interface InterfaceFacts {
  readonly device: string;
  readonly macaddress: string;
  readonly mtu: number;
  readonly active: boolean;
  readonly addresses: readonly AddressFacts[];
  readonly ipv4?: AddressFacts;
  readonly ipv4_secondaries?: readonly AddressFacts[];
  readonly ipv6?: readonly AddressFacts[];
}

/** What the facts say of a default route: its interface, and the address that it is left by. */
export type RouteFacts = Readonly<Record<string, unknown>>;

export interface AddressFacts {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  readonly prefix: number;
  readonly netmask?: string;
  readonly network?: string;
  readonly broadcast?: string;
}

/** Interfaces from `ip -j address`, by name. Other objects are passed over. */
export function interfacesFrom(json: string): ReadonlyMap<string, InterfaceFacts> {
  const facts = new Map<string, InterfaceFacts>();
  for (const link of listsIn(json)) {
    const device = text(link['ifname']);
    if (device === '') continue;
    const addresses = list(link['addr_info']).flatMap(addressFacts);
    const [first, ...secondaries] = addresses.filter((one) => one.family === 'ipv4');
    const six = addresses.filter((one) => one.family === 'ipv6');
    facts.set(device, {
      device,
      macaddress: text(link['address']),
      mtu: Number(link['mtu']) || 0,
      active: Array.isArray(link['flags']) && link['flags'].includes('UP'),
      addresses,
      ...(first ? { ipv4: first } : {}),
      ...(secondaries.length > 0 ? { ipv4_secondaries: secondaries } : {}),
      ...(six.length > 0 ? { ipv6: six } : {}),
    });
  }
  return facts;
}

/**
 * `default_ipv4` and `default_ipv6`: the addresses of the interfaces that the default routes leave by. `ip -j route show default table
 * all` gives those of both families; those of other tables than the main one name their table.
 */
export function defaultRoute(
  json: string,
  interfaces: ReadonlyMap<string, InterfaceFacts>,
): { readonly default_ipv4?: RouteFacts; readonly default_ipv6?: RouteFacts } {
  const facts: { default_ipv4?: RouteFacts; default_ipv6?: RouteFacts } = {};
  for (const route of listsIn(json)) {
    if (route['dst'] !== 'default' || route['table'] !== undefined) continue;
    const gateway = text(route['gateway']);
    const one = interfaces.get(text(route['dev']));
    const family = gateway.includes(':') ? 'ipv6' : 'ipv4';
    if (!one || facts[`default_${family}`]) continue;
    const source = text(route['prefsrc']);
    const own = one.addresses.filter((address) => address.family === family);
    const chosen = own.find((address) => address.address === source) ?? own[0];
    facts[`default_${family}`] = {
      interface: one.device,
      gateway,
      macaddress: one.macaddress,
      mtu: one.mtu,
      ...chosen,
    };
  }
  return facts;
}

function addressFacts(info: Record<string, unknown>): AddressFacts[] {
  const address = text(info['local']);
  const prefix = Number(info['prefixlen']);
  if (info['family'] === 'inet6') return [{ family: 'ipv6', address, prefix }];
  if (info['family'] !== 'inet' || !ipaddr.IPv4.isValid(address) || !(prefix >= 0 && prefix <= 32)) return [];
  return [
    {
      family: 'ipv4',
      address,
      prefix,
      netmask: ipaddr.IPv4.subnetMaskFromPrefixLength(prefix).toString(),
      network: ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`).toString(),
      broadcast: text(info['broadcast']),
    },
  ];
}

/** The objects of the JSON lists that stand in a text one after the other. */
function listsIn(json: string): Record<string, unknown>[] {
  return json.split('\n').flatMap((line) => {
    return list(readForeignJson(line));
  });
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
