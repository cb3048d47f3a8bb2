import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { namespaceName } from '../src/cluster/names.js';
import { attempt } from '../src/cluster/run.js';
import type { Hosts } from './hosts.js';
import { startRelay } from './relay.js';
import type { Endpoint, Login } from './workspace.js';

/** How the hosts are reached with a longer way to them. */
export interface Distance {
  readonly by: 'nothing' | 'netem' | 'relay';
  readonly endpoints: readonly Endpoint[];
  readonly login: Login;
  remove(): Promise<void>;
}

/** Make the way to the hosts longer: by netem where the kernel has it, otherwise by a relay before each host. */
export async function addLatency(hosts: Hosts, rtt: number, folder: string): Promise<Distance> {
  const { endpoints, login } = hosts;
  if (rtt === 0) return { by: 'nothing', endpoints, login, remove: () => Promise.resolve() };
  if (await delayCables(hosts, rtt)) {
    return { by: 'netem', endpoints, login, remove: () => clearCables(hosts) };
  }
  const relays = await Promise.all(endpoints.map((one) => startRelay(one, rtt)));
  const near = endpoints.map(({ name }, index) => ({
    name,
    address: '127.0.0.1',
    port: relays[index]!.port,
  }));
  return {
    by: 'relay',
    endpoints: near,
    login: { ...login, knownHostsFile: await pinRelays(hosts, near, folder) },
    async remove() {
      await Promise.all(relays.map((relay) => relay.close()));
    },
  };
}

/** All of the round trip on the host's end of the cable: what it sends comes later. */
async function delayCables({ refs }: Hosts, rtt: number): Promise<boolean> {
  for (const { cluster, host } of refs) {
    const argv = ['tc', '-n', namespaceName(cluster, host), 'qdisc', 'replace', 'dev', 'eth0', 'root'];
    const done = await attempt([...argv, 'netem', 'delay', `${rtt}ms`, 'limit', '100000']);
    if (done.code !== 0) return false;
  }
  return true;
}

async function clearCables({ refs }: Hosts): Promise<void> {
  await Promise.all(
    refs.map(({ cluster, host }) =>
      attempt(['tc', '-n', namespaceName(cluster, host), 'qdisc', 'delete', 'dev', 'eth0', 'root']),
    ),
  );
}

/** The hosts' own keys under the names that they have behind the relays. */
async function pinRelays(
  { endpoints, login }: Hosts,
  near: readonly Endpoint[],
  folder: string,
): Promise<string> {
  const pins = (await readFile(login.knownHostsFile, 'utf8')).split('\n');
  const lines = near.map(({ port }, index) => {
    const { address } = endpoints[index]!;
    const pin = pins.find((line) => line.startsWith(`${address} `)) ?? '';
    return `[127.0.0.1]:${port}${pin.slice(address.length)}`;
  });
  const file = join(folder, `known_hosts.${near[0]!.port}`);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}
