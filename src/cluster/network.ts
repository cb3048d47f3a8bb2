import { parseSubnet } from './addresses.js';
import { bridgeName, cableName, tableName } from './names.js';
import type { ClusterSpec } from './spec.js';

/** What of a cluster's network is there already. */
export interface NetworkFacts {
  readonly bridge: boolean;
  /** hosts whose cable has an end on the machine */
  readonly cabled: readonly string[];
  readonly mtu: number;
  readonly nameservers: readonly string[];
  /** mirrors and mirrors of apt at literal addresses, as the hosts are told of them; some may be the machine's own */
  readonly mirrors: readonly Service[];
  /** the machine drops what it forwards unless a rule allows it */
  readonly forwardDrops: boolean;
}

/** A TCP port of an address. */
export interface Service {
  readonly address: string;
  readonly port: number;
}

/** A program to run, with what it reads. */
export interface Command {
  readonly argv: readonly string[];
  readonly input?: string;
  /** it fails when what it takes away is gone already, which is well */
  readonly mayFail?: true;
}

/** Lower than any route that somebody sets: it only answers when the bridge's own route is gone. */
const lastMetric = '4278198272';

/**
 * Commands that bring the network up, in order. Running them over a complete network, or over what a killed run has left of one,
 * gives the same network.
 */
export function networkUp(spec: ClusterSpec, facts: NetworkFacts): Command[] {
  const bridge = bridgeName(spec.name);
  const prefix = parseSubnet(spec.subnet)!.prefix;
  const ip = (...args: string[]): Command => ({ argv: ['ip', ...args] });
  return [
    ip('route', 'replace', 'blackhole', spec.subnet, 'metric', lastMetric),
    ...(facts.bridge ? [] : [ip('link', 'add', bridge, 'type', 'bridge')]),
    ip('link', 'set', bridge, 'mtu', String(facts.mtu), 'alias', `provision cluster ${spec.name}`),
    ip('address', 'replace', `${spec.gateway}/${prefix}`, 'dev', bridge),
    ip('link', 'set', bridge, 'up'),
    ...facts.cabled.map((host) => ip('link', 'set', cableName(spec.name, host), 'master', bridge)),
    { argv: ['nft', '-f', '-'], input: `${ruleset(spec, facts.nameservers)}${machineRuleset(spec, facts)}` },
    // taken out first: put in again they would stand there twice
    ...(facts.forwardDrops ? [...forwardRules(spec.subnet, '-D'), ...forwardRules(spec.subnet, '-I')] : []),
    { argv: ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1'] },
  ];
}

/**
 * Commands that take the network away, in order. `subnet` is the one written down for the cluster: where nothing is, the range of the
 * inventory may be another cluster's, and what is named after the range stays.
 */
export function networkDown(cluster: string, subnet: string | undefined): Command[] {
  const named: Command[] = [
    { argv: ['ip', 'link', 'delete', bridgeName(cluster)], mayFail: true },
    ...['ip', 'inet'].map((family): Command => ({
      argv: ['nft', 'delete', 'table', family, tableName(cluster)],
      mayFail: true,
    })),
  ];
  if (subnet === undefined) return named;
  return [
    ...named,
    ...forwardRules(subnet, '-D'),
    { argv: ['ip', 'route', 'delete', 'blackhole', subnet, 'metric', lastMetric], mayFail: true },
  ];
}

/**
 * The cluster's own table, replaced as a whole in one transaction. Hosts reach each other, and outside of their subnet only what
 * package registries need: DNS at the machine's nameservers, HTTP and HTTPS. Everything else is answered with "prohibited", so
 * that a program in a host fails at once and does not hang.
 */
export function ruleset(spec: ClusterSpec, nameservers: readonly string[]): string {
  const table = `ip ${tableName(spec.name)}`;
  const from = `ip saddr ${spec.subnet}`;
  const dns =
    nameservers.length === 0
      ? []
      : [`    ${from} ip daddr { ${nameservers.join(', ')} } meta l4proto { tcp, udp } th dport 53 accept`];
  return [
    // a table must be there to be deleted; both lines and what follows are one transaction
    `table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    '  chain outbound {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    `    ${from} ip daddr != ${spec.subnet} masquerade`,
    '  }',
    '  chain limits {',
    '    type filter hook forward priority filter; policy accept;',
    // root of a host gives it any address; all that follows goes by the address
    `    iifname "${bridgeName(spec.name)}" ip saddr != ${spec.subnet} drop`,
    `    ${from} ip daddr ${spec.subnet} accept`,
    `    ip saddr != ${spec.subnet} ip daddr ${spec.subnet} ct state established,related accept`,
    `    ip saddr != ${spec.subnet} ip daddr ${spec.subnet} reject with icmp type admin-prohibited`,
    ...dns,
    `    ${from} oifname != "pv-*" tcp dport { 80, 443 } accept`,
    `    ${from} reject with icmp type admin-prohibited`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/**
 * What hosts reach of the machine itself, over IPv4 and IPv6 and whichever of its addresses they try: answers to what it asked,
 * ping, its resolver and its mirror or proxy for packages where the hosts are told to use them. Everything else is refused at once. IPv6 is not forwarded:
 * hosts have link-local addresses alone, and what would give itself another one stays here.
 */
export function machineRuleset(
  spec: ClusterSpec,
  { nameservers, mirrors }: Pick<NetworkFacts, 'nameservers' | 'mirrors'>,
): string {
  const table = `inet ${tableName(spec.name)}`;
  const bridge = `"${bridgeName(spec.name)}"`;
  const prohibited = 'reject with icmpx type admin-prohibited';
  return [
    `table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    '  chain machine {',
    '    type filter hook input priority filter; policy accept;',
    `    iifname != ${bridge} accept`,
    '    ct state established,related accept',
    '    meta l4proto { icmp, ipv6-icmp } accept',
    ...(nameservers.length === 0
      ? []
      : [`    ip daddr { ${nameservers.join(', ')} } meta l4proto { tcp, udp } th dport 53 accept`]),
    ...mirrors.map(({ address, port }) => `    ip daddr ${address} tcp dport ${port} accept`),
    '    meta l4proto tcp reject with tcp reset',
    `    ${prohibited}`,
    '  }',
    '  chain outbound6 {',
    '    type filter hook forward priority filter; policy accept;',
    `    meta nfproto ipv6 iifname ${bridge} oifname != ${bridge} ${prohibited}`,
    `    meta nfproto ipv6 oifname ${bridge} iifname != ${bridge} ${prohibited}`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Exceptions from a machine-wide "drop what is forwarded", as container engines set it. */
function forwardRules(subnet: string, action: '-I' | '-D'): Command[] {
  const comment = ['-m', 'comment', '--comment', 'provision'];
  return ['-s', '-d'].map((side) => ({
    argv: ['iptables', '-w', action, 'FORWARD', side, subnet, ...comment, '-j', 'ACCEPT'],
    ...(action === '-D' ? { mayFail: true } : {}),
  }));
}
