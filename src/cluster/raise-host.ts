import { randomBytes } from 'node:crypto';
import type { Context } from './context.js';
import { makeDisk } from './disk.js';
import { cutPower, hasDisk, hostState, isLinkCut, setLink, startHost, type HostRef } from './host.js';
import { nameserversOf } from './host-files.js';
import type { Access } from './keys.js';
import { readResolvConf } from './machine.js';
import { hostDir } from './paths.js';
import { waitForLogin } from './ready.js';
import type { ClusterState, SettledHost } from './state.js';

export interface Raising {
  readonly state: ClusterState;
  readonly access: Access;
  /** largest packet, bytes */
  readonly mtu: number;
  readonly context: Context;
}

/** What had to be done for a host to be up. */
export type Raised = 'nothing' | 'started' | 'made';

/** See to it that one host runs, has its cable in, and lets its user log in. */
export async function raiseHost(host: SettledHost, raising: Raising): Promise<Raised> {
  const { state, context } = raising;
  const ref: HostRef = { roots: context.roots, cluster: state.spec.name, host: host.name };
  const label = `${host.name.padEnd(longest(state))}  ${host.address.padEnd(15)}`;
  const began = Date.now();
  if (await isLinkCut(ref)) await setLink(ref, 'up');
  if ((await hostState(ref)) === 'running') {
    await waitForLogin(ref, host, context);
    context.report(`${label}  is up`);
    return 'nothing';
  }
  // Also when it is off: its network may be a killed run's.
  await cutPower(ref);
  const done = (await hasDisk(ref)) ? 'started' : 'made';
  if (done === 'made') await furnish(host, raising);
  await startHost(context.roots, state, host, raising.mtu);
  await waitForLogin(ref, host, context);
  const how = done === 'made' ? `bare ${host.suite}` : `${host.suite}, started with the disk it had`;
  context.report(`${label}  ${how}, ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return done;
}

async function furnish(host: SettledHost, { state, access, context }: Raising): Promise<void> {
  await makeDisk(hostDir(context.roots, state.spec.name, host.name), state.images[host.suite]!, host, {
    machineId: randomBytes(16).toString('hex'),
    loginKey: access.loginKey,
    hostKey: access.hostKeys.get(host.name)!,
    nameservers: nameserversOf(await readResolvConf()),
  });
}

function longest(state: ClusterState): number {
  return Math.max(...state.spec.hosts.map((host) => host.name.length));
}
