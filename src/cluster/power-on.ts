import { ClusterError } from '../errors.js';
import type { Context } from './context.js';
import { cutPower, hasDisk, hostOf, startHost, type HostRef } from './host.js';
import { outwardMtu } from './observe.js';
import { waitForLogin } from './ready.js';
import { readState } from './state.js';

/** Switch a host on that was powered off or lost its power; its disk is as it was. Resolves when its user can log in. */
export async function powerOn(ref: HostRef, context: Context): Promise<void> {
  const state = await readState(ref.roots, ref.cluster);
  if (state === undefined || !(await hasDisk(ref))) {
    throw new ClusterError(`there is no ${ref.host} in the cluster ${ref.cluster} to switch on`, {
      hint: 'provision cluster up',
    });
  }
  const host = hostOf(state, ref.host);
  await cutPower(ref);
  await startHost(ref.roots, state, host, await outwardMtu());
  await waitForLogin(ref, host, context);
}
