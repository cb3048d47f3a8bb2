import { access, readFile } from 'node:fs/promises';
import type { LinkAddresses, Machine, Route } from './in-use.js';
import { cableName } from './names.js';
import type { Roots } from './paths.js';
import { attempt, run } from './run.js';
import { readStates } from './state.js';

/** Addresses, routes and clusters of this machine. */
export async function observeMachine(roots: Roots): Promise<Machine> {
  const [links, routes, states] = await Promise.all([
    run(['ip', '-json', '-4', 'address', 'show']),
    run(['ip', '-json', '-4', 'route', 'show', 'table', 'all']),
    readStates(roots),
  ]);
  return {
    links: parseJson<LinkAddresses>(links.stdout),
    routes: parseJson<Route>(routes.stdout),
    clusters: states.map((state) => state.spec),
  };
}

/** The largest packet that the way out of the machine takes; hosts behind a smaller one would stall at the first full packet. */
export async function outwardMtu(): Promise<number> {
  const { stdout } = await run(['ip', '-json', '-4', 'route', 'show', 'default']);
  const device = parseJson<Route>(stdout)[0]?.dev;
  if (device === undefined) return 1500;
  return Math.min(1500, Number(await readFile(`/sys/class/net/${device}/mtu`, 'utf8')));
}

/** Does the machine drop what it forwards unless a rule allows it, as container engines set it. */
export async function forwardDrops(): Promise<boolean> {
  return /^-P FORWARD DROP$/m.test((await attempt(['iptables', '-w', '-S', 'FORWARD'])).stdout);
}

export async function interfaceExists(name: string): Promise<boolean> {
  return access(`/sys/class/net/${name}`)
    .then(() => true)
    .catch(() => false);
}

/** Those of the hosts whose cable has an end on the machine. */
export async function cabledHosts(cluster: string, hosts: readonly string[]): Promise<string[]> {
  const there = await Promise.all(hosts.map((host) => interfaceExists(cableName(cluster, host))));
  return hosts.filter((_host, index) => there[index]);
}

function parseJson<T>(text: string): T[] {
  // Old versions of ip print nothing at all for an empty list.
  return text.trim() === '' ? [] : (JSON.parse(text) as T[]);
}
