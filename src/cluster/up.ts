import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { ClusterError } from '../errors.js';
import type { Context } from './context.js';
import { makeDisk } from './disk.js';
import { noteForwarding } from './forwarding.js';
import { cutPower, hostState, removeHost, startHost, type HostRef } from './host.js';
import { nameserversOf } from './host-files.js';
import { rangeInUse } from './in-use.js';
import { ensureAccess, type Access } from './keys.js';
import { withCluster, withMachine } from './locks.js';
import { readResolvConf } from './machine.js';
import { bridgeName } from './names.js';
import { networkUp } from './network.js';
import { cabledHosts, forwardDrops, interfaceExists, observeMachine, outwardMtu } from './observe.js';
import { accessDir, hostDir } from './paths.js';
import { waitForLogin } from './ready.js';
import { run } from './run.js';
import { changedHosts, settle } from './settle.js';
import { settleImages } from './settle-images.js';
import type { ClusterSpec } from './spec.js';
import { knownHosts, readState, writeState, type ClusterState, type SettledHost } from './state.js';
import type { Suite } from './suites.js';

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
    const state: ClusterState = { ...wish, images: await settleImages(wish, renew, context) };
    await claim(state, context);
    const access = await ensureAccess(context.roots, state.spec, context.owner);
    await removeStrangers(state, context);
    const mtu = await raiseNetwork(state, context);
    await Promise.all(
      state.spec.hosts.map((host) => raiseHost(host, { state, access, mtu, renew, context })),
    );
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
    `the inventory now gives another address, login or release to ${changed.join(', ')}`,
    {
      hint: `\`provision cluster reset ${changed.join(' ')}\` makes them anew; their disks are lost`,
    },
  );
}

/** Write the cluster down, unless somebody else has its addresses. */
async function claim(state: ClusterState, context: Context): Promise<void> {
  await withMachine(context, async () => {
    const user = rangeInUse(state.spec, await observeMachine(context.roots));
    if (user !== undefined) {
      throw new ClusterError(
        `the range ${state.spec.subnet} of the cluster ${state.spec.name} is in use by ${user}`,
        {
          hint: 'give the hosts other addresses in the inventory, or take the other user away',
        },
      );
    }
    await noteForwarding(context.roots);
    await writeState(context.roots, state);
  });
}

/** Hosts of an earlier inventory. */
async function removeStrangers(state: ClusterState, context: Context): Promise<void> {
  const names = new Set(state.spec.hosts.map((host) => host.name));
  for (const host of await knownHosts(context.roots, state.spec.name)) {
    if (names.has(host)) continue;
    context.report(`${host}: no longer in the inventory, removed`);
    await removeHost({ roots: context.roots, cluster: state.spec.name, host });
    await rm(`${accessDir(context.roots, state.spec.name)}/host_keys/${host}`, { force: true });
    await rm(`${accessDir(context.roots, state.spec.name)}/host_keys/${host}.pub`, { force: true });
  }
}

async function raiseNetwork(state: ClusterState, context: Context): Promise<number> {
  const { spec } = state;
  const mtu = await outwardMtu();
  const facts = {
    bridge: await interfaceExists(bridgeName(spec.name)),
    cabled: await cabledHosts(
      spec.name,
      spec.hosts.map((host) => host.name),
    ),
    mtu,
    nameservers: nameserversOf(await readResolvConf()),
    forwardDrops: await forwardDrops(),
  };
  for (const { argv, input } of networkUp(spec, facts)) {
    await run(argv, { signal: context.signal, ...(input === undefined ? {} : { input }) });
  }
  return mtu;
}

interface Raising {
  readonly state: ClusterState;
  readonly access: Access;
  readonly mtu: number;
  readonly renew: ReadonlySet<string>;
  readonly context: Context;
}

async function raiseHost(host: SettledHost, raising: Raising): Promise<void> {
  const { state, context } = raising;
  const ref: HostRef = { roots: context.roots, cluster: state.spec.name, host: host.name };
  const before = await hostState(ref);
  const label = `${host.name.padEnd(longest(state))}  ${host.address.padEnd(15)}`;
  if (before === 'running' && !raising.renew.has(host.name)) {
    await waitForLogin(ref, host, context);
    context.report(`${label}  is up`);
    return;
  }
  const started = Date.now();
  // Also when it is off: its network may be a killed run's.
  await cutPower(ref);
  if (before === 'absent' || raising.renew.has(host.name)) await furnish(host, raising);
  await startHost(context.roots, state, host, raising.mtu);
  await waitForLogin(ref, host, context);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const how =
    before === 'absent' ? 'bare' : raising.renew.has(host.name) ? 'bare again' : 'started with its disk';
  context.report(`${label}  ${how}, ${host.suite}, ${seconds} s`);
}

async function furnish(host: SettledHost, { state, access, context }: Raising): Promise<void> {
  const dir = hostDir(context.roots, state.spec.name, host.name);
  await rm(`${dir}/link-down`, { force: true });
  await makeDisk(dir, state.images[host.suite]!, host, {
    machineId: randomBytes(16).toString('hex'),
    loginKey: access.loginKey,
    hostKey: access.hostKeys.get(host.name)!,
    nameservers: nameserversOf(await readResolvConf()),
  });
}

function longest(state: ClusterState): number {
  return Math.max(...state.spec.hosts.map((host) => host.name.length));
}
