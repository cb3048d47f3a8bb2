import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterError, messageOf } from '../errors.js';
import type { Context } from './context.js';
import { noteForwarding } from './forwarding.js';
import { cutPower, removeHost } from './host.js';
import { rangeInUse } from './in-use.js';
import { ensureAccess } from './keys.js';
import { withCluster, withMachine } from './locks.js';
import { observeMachine } from './observe.js';
import { accessDir, hostDir } from './paths.js';
import { raiseHost, type Raised } from './raise-host.js';
import { raiseNetwork } from './raise-network.js';
import { changedHosts, settle, withUids } from './settle.js';
import { settleImages } from './settle-images.js';
import type { ClusterSpec } from './spec.js';
import { readState, readStates, startedHosts, writeState, type ClusterState } from './state.js';
import type { Suite } from './suites.js';
import { discard, emptyTrash } from './trash.js';

export interface UpOptions {
  /** of the command line */
  readonly suite: Suite | undefined;
  /** hosts that get a bare disk; every other host is left as it is, or started with the disk it has */
  readonly renew: readonly string[];
}

/**
 * Bring the cluster up: images, keys, network, hosts. Returns when every host lets its user log in. Whatever is there already, of
 * this run or of one that was killed, is kept or replaced, so that the command can always be repeated.
 */
export async function bringUp(
  spec: ClusterSpec,
  options: UpOptions,
  context: Context,
): Promise<ClusterState> {
  return withCluster(context, spec.name, async () => {
    const recorded = await readState(context.roots, spec.name);
    const wish = settle({ spec, suite: options.suite, project: context.roots.project }, recorded);
    const renew = new Set(options.renew);
    refuseChanges(wish, recorded, renew);
    await refuseTakenRange(wish, context);
    const imaged: ClusterState = { ...wish, images: await settleImages(wish, renew, context) };
    // Before the new state is written down: a run that is killed here leaves no old disk under a new address or login.
    await Promise.all(options.renew.map((host) => strip(imaged, host, context)));
    const state = await claim(imaged, context);
    const access = await ensureAccess(context.roots, state.spec, context.owner);
    await removeStrangers(state, context);
    const mtu = await raiseNetwork(state, context);
    const raising = { state, access, mtu, context };
    const raised = await Promise.allSettled(state.spec.hosts.map((host) => raiseHost(host, raising)));
    await emptyTrash(context.roots, spec.name);
    finish(raised, context.signal);
    return state;
  });
}

function refuseChanges(
  wish: ClusterState,
  recorded: ClusterState | undefined,
  renew: ReadonlySet<string>,
): void {
  const changed = changedHosts(wish, recorded).filter((host) => !renew.has(host));
  if (changed.length === 0) return;
  throw new ClusterError(
    `${changed.join(', ')} would get another address, login or release than the disk was made for`,
    {
      hint: `\`provision cluster reset ${changed.join(' ')}\` with the same options makes new disks; the old ones are lost`,
    },
  );
}

async function refuseTakenRange({ spec }: ClusterState, { roots }: Context): Promise<void> {
  const user = rangeInUse(spec, await observeMachine(roots));
  if (user === undefined) return;
  throw new ClusterError(`the range ${spec.subnet} of the cluster ${spec.name} is in use by ${user}`, {
    hint: 'give the hosts other addresses in the inventory, or take the other user away',
  });
}

async function strip(state: ClusterState, host: string, { roots }: Context): Promise<void> {
  await cutPower({ roots, cluster: state.spec.name, host });
  await discard(roots, state.spec.name, join(hostDir(roots, state.spec.name, host), 'disk'));
}

/** Write the cluster down, unless another one was quicker to take its addresses. Returns it with its user ids. */
async function claim(given: ClusterState, context: Context): Promise<ClusterState> {
  return withMachine(context, async () => {
    await refuseTakenRange(given, context);
    await noteForwarding(context.roots);
    const all = await readStates(context.roots);
    const state = withUids(
      given,
      all.filter(({ spec }) => spec.name !== given.spec.name),
    );
    await writeState(context.roots, state);
    return state;
  });
}

/** Hosts of an earlier inventory. */
async function removeStrangers({ spec }: ClusterState, context: Context): Promise<void> {
  const names = new Set(spec.hosts.map((host) => host.name));
  const keys = join(accessDir(context.roots, spec.name), 'host_keys');
  for (const host of await startedHosts(context.roots, spec.name)) {
    if (names.has(host)) continue;
    await removeHost({ roots: context.roots, cluster: spec.name, host });
    await Promise.all([join(keys, host), join(keys, `${host}.pub`)].map((file) => rm(file, { force: true })));
    context.report(`${host}: no longer in the inventory, removed`);
  }
}

/** All hosts have been tried; the first failure is the one that is shown in full. */
function finish(raised: readonly PromiseSettledResult<Raised>[], signal: AbortSignal | undefined): void {
  const failures = raised
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => (reason instanceof Error ? reason : new ClusterError(messageOf(reason))));
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1 || signal?.aborted || !(first instanceof ClusterError)) throw first;
  throw new ClusterError(`${first.message} (and ${failures.length - 1} more hosts did not start)`, {
    host: first.host,
    detail: first.detail,
    hint: first.hint,
    cause: first,
  });
}
