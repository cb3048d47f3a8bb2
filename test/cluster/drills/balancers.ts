import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNetwork } from '../../../src/cluster/host.js';
import { defaultRoots } from '../../../src/cluster/paths.js';
import type { Project, Ran } from '../support.js';

/** The two load balancers of the demo's site, seen from the machine: no run of provision is needed to ask who has the address. */
export interface Balancers {
  readonly cluster: string;
  readonly vip: string;
  /** the hosts that have the address now */
  holders(): Promise<string[]>;
  /** the one that has it, and the other */
  roles(): Promise<{ active: string; standby: string }>;
  on(host: string, command: string): Promise<Ran>;
}

const hosts = ['lb1', 'lb2'] as const;

export async function balancersOf(site: Project): Promise<Balancers> {
  const inventory = await readFile(join(site.dir, site.inventory), 'utf8');
  const value = (name: string): string =>
    new RegExp(`^ +${name}: (\\S+)$`, 'm').exec(inventory)?.[1] ?? fail(`the inventory does not say ${name}`);
  const cluster = value('cluster_name');
  const vip = value('vip');
  const roots = defaultRoots(site.dir);
  const has = async (host: string): Promise<boolean> => {
    const ref = { roots, cluster, host };
    const { stdout } = await runInNetwork(ref, ['ip', '-o', 'address', 'show', 'up', 'to', vip]);
    return stdout.trim() !== '';
  };
  const holders = async (): Promise<string[]> => {
    const there = await Promise.all(hosts.map(has));
    return hosts.filter((_host, index) => there[index]);
  };
  return {
    cluster,
    vip,
    holders,
    async roles() {
      const [active] = await until(`one of them has ${vip}`, 15, async () => {
        const now = await holders();
        return now.length === 1 ? now : undefined;
      });
      return { active: active!, standby: hosts.find((host) => host !== active)! };
    },
    on: (host, command) => site.provision('exec', '-i', site.inventory, host, '--', command),
  };
}

/** Ask again, five times a second, until there is a value. */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) fail(`not within ${seconds} s: ${what}`);
    await pause(200);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function fail(message: string): never {
  throw new Error(message);
}
