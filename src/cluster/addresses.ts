import ipaddr from 'ipaddr.js';

/** An IPv4 range: `address` is its first address, `prefix` the number of fixed bits. */
export interface Subnet {
  readonly address: string;
  readonly prefix: number;
}

/** `10.77.0.0/24` or a single address (taken as /32); undefined when it is neither. Host bits are cleared. */
export function parseSubnet(text: string): Subnet | undefined {
  const cidr = text.includes('/') ? text : `${text}/32`;
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr)) return undefined;
  return {
    address: ipaddr.IPv4.networkAddressFromCIDR(cidr).toString(),
    prefix: ipaddr.IPv4.parseCIDR(cidr)[1],
  };
}

export function formatSubnet(subnet: Subnet): string {
  return `${subnet.address}/${subnet.prefix}`;
}

/** Four decimal parts, as in an inventory; the short forms that inet_aton takes are refused. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

export function contains(subnet: Subnet, address: string): boolean {
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(subnet.address), subnet.prefix);
}

export function overlap(one: Subnet, other: Subnet): boolean {
  return one.prefix <= other.prefix ? contains(one, other.address) : contains(other, one.address);
}

/** The first address of the range that can be given to a machine and is not `taken`; undefined when all are. */
export function firstFree(subnet: Subnet, taken: ReadonlySet<string>): string | undefined {
  const first = toNumber(subnet.address) + 1;
  const last = toNumber(subnet.address) + 2 ** (32 - subnet.prefix) - 2;
  for (let number = first; number <= last; number += 1) {
    const address = toAddress(number);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** Can the address be given to a machine: inside the range, neither its first (network) nor its last (broadcast). */
export function isUsable(subnet: Subnet, address: string): boolean {
  const offset = toNumber(address) - toNumber(subnet.address);
  return offset > 0 && offset < 2 ** (32 - subnet.prefix) - 1;
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
