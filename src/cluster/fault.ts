import { ClusterError } from '../errors.js';
import type { Context } from './context.js';
import { cutPower, hostOf, hostState, isLinkCut, powerOff, setLink, type HostRef } from './host.js';
import { withCluster } from './locks.js';
import { powerOn } from './power-on.js';
import { readState, type ClusterState } from './state.js';

/** What can be done to a host, to see what the others make of it. */
export const faults = ['power', 'shutdown', 'link'] as const;
export type Fault = (typeof faults)[number];

/** Break a host. Resolves when it is broken. */
export async function breakHost(
  cluster: string,
  given: { host: string; fault: Fault },
  context: Context,
): Promise<void> {
  await withCluster(context, cluster, async () => {
    const state = await stateOf(cluster, context);
    const ref = { roots: context.roots, cluster, host: hostOf(state, given.host).name };
    if (given.fault === 'link') return setLink(ref, 'down');
    if ((await hostState(ref)) !== 'running') throw new ClusterError(`${ref.host} is off already`);
    return given.fault === 'power' ? cutPower(ref) : powerOff(ref);
  });
}

/** Mend hosts: plug their cables in, switch on what is off. Resolves when they let their users log in. */
export async function healHosts(cluster: string, hosts: readonly string[], context: Context): Promise<void> {
  await withCluster(context, cluster, async () => {
    const state = await stateOf(cluster, context);
    const named = hosts.length === 0 ? state.spec.hosts : hosts.map((host) => hostOf(state, host));
    await Promise.all(named.map(({ name }) => heal({ roots: context.roots, cluster, host: name }, context)));
  });
}

async function heal(ref: HostRef, context: Context): Promise<void> {
  if (await isLinkCut(ref)) {
    await setLink(ref, 'up');
    context.report(`${ref.host}: its link is up again`);
  }
  if ((await hostState(ref)) === 'running') return;
  await powerOn(ref, context);
  context.report(`${ref.host}: is on again`);
}

async function stateOf(cluster: string, { roots }: Context): Promise<ClusterState> {
  const state = await readState(roots, cluster);
  if (state !== undefined) return state;
  throw new ClusterError(`the cluster ${cluster} is not up`, { hint: 'provision cluster up' });
}
