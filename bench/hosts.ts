import { access, mkdir, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Context } from '../src/cluster/context.js';
import { takeDown } from '../src/cluster/down.js';
import { cutPower, powerOff, type HostRef } from '../src/cluster/host.js';
import { identityFile, knownHostsFile } from '../src/cluster/keys.js';
import { prepareMachine } from '../src/cluster/machine.js';
import { defaultRoots, hostDir } from '../src/cluster/paths.js';
import { powerOn } from '../src/cluster/power-on.js';
import { run } from '../src/cluster/run.js';
import { clusterSpec } from '../src/cluster/spec.js';
import type { Suite } from '../src/cluster/suites.js';
import { discard } from '../src/cluster/trash.js';
import { bringUp } from '../src/cluster/up.js';
import { loadInventory } from '../src/inventory/load.js';
import { hostVariables } from '../src/inventory/variables.js';
import { createSecrets } from '../src/variables/secrets.js';
import { sshCommand } from './contestants.js';
import { execute } from './execute.js';
import type { Endpoint, Login } from './workspace.js';

/** A cluster of the benchmark. */
export interface Hosts {
  readonly endpoints: readonly Endpoint[];
  readonly login: Login;
  /** the refs by which src/cluster knows the hosts, in the order of the endpoints */
  readonly refs: readonly HostRef[];
  readonly context: Context;
  remove(): Promise<void>;
}

export interface HostsOptions {
  /** the file names the cluster, its range and its hosts */
  readonly inventory: string;
  readonly suite: Suite;
  /** where its keys go */
  readonly project: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Bring up the hosts of an inventory. What is half made is taken away again when that fails. */
export async function raiseHosts(options: HostsOptions): Promise<Hosts> {
  const { report, signal, project } = options;
  const roots = defaultRoots(project);
  const context: Context = { roots, owner: undefined, report, signal };
  const inventory = await loadInventory([options.inventory], {
    cwd: project,
    secrets: createSecrets(),
    env: {},
  });
  const spec = clusterSpec(inventory, (host) => hostVariables(inventory, host));
  // An interrupted benchmark cleans up, too: with a signal of its own.
  const remove = async (): Promise<void> => {
    await takeDown(spec, { ...context, signal: new AbortController().signal });
  };
  await prepareMachine({ uid: userInfo().uid, command: 'npm run bench', report, signal });
  try {
    await bringUp(spec, { suite: options.suite, renew: [] }, context);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    endpoints: spec.hosts.map(({ name, address }) => ({ name, address, port: 22 })),
    login: {
      user: spec.hosts[0]!.user,
      identityFile: identityFile(roots, spec.name),
      knownHostsFile: knownHostsFile(roots, spec.name),
    },
    refs: spec.hosts.map(({ name }) => ({ roots, cluster: spec.name, host: name })),
    context,
    remove,
  };
}

/**
 * The peers need Python on the hosts. It is put there before anything is measured, and the disks are kept as they are then: that is
 * what "bare" means here.
 */
export async function installPython(hosts: Hosts): Promise<void> {
  const install = 'sudo apt-get install --yes --quiet --no-install-recommends python3 python3-apt';
  const { signal = new AbortController().signal } = hosts.context;
  await Promise.all(
    hosts.endpoints.map((one) =>
      execute({ argv: sshCommand(one, hosts.login, ['sh', '-c', `'${install}'`]) }, signal),
    ),
  );
}

/** Keep the disks as they are, for `restoreDisks`. */
export async function saveDisks(hosts: Hosts): Promise<void> {
  await Promise.all(
    hosts.refs.map(async (ref) => {
      await powerOff(ref);
      await copy(diskOf(ref), savedOf(ref));
      await powerOn(ref, hosts.context);
    }),
  );
}

export async function restoreDisks(hosts: Hosts): Promise<void> {
  await Promise.all(
    hosts.refs.map(async (ref) => {
      await cutPower(ref);
      await discard(ref.roots, ref.cluster, diskOf(ref));
      await copy(savedOf(ref), diskOf(ref));
      await powerOn(ref, hosts.context);
    }),
  );
}

/** cp(1) keeps the extended attributes in which an overlay writes what is removed from the layer below. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rm(to, { recursive: true, force: true });
  await run(['cp', '-a', from, to]);
}

function diskOf({ roots, cluster, host }: HostRef): string {
  return join(hostDir(roots, cluster, host), 'disk');
}

function savedOf({ roots, cluster, host }: HostRef): string {
  return join(hostDir(roots, cluster, host), 'saved');
}

/** Debian's packages of the peers, installed where they are missing. */
export async function installPeers(report: (line: string) => void): Promise<void> {
  const plugins = '/usr/lib/python3/dist-packages';
  const wanted: readonly (readonly [file: string, debianPackage: string])[] = [
    ['/usr/bin/ansible-playbook', 'ansible-core'],
    [`${plugins}/ansible_mitogen`, 'ansible-mitogen'],
    // The module sysctl is no part of ansible-core.
    [`${plugins}/ansible_collections/ansible/posix`, 'ansible'],
  ];
  const there = await Promise.all(
    wanted.map(([file]) =>
      access(file)
        .then(() => true)
        .catch(() => false),
    ),
  );
  const missing = wanted.filter((_, index) => !there[index]).map(([, name]) => name);
  if (missing.length === 0) return;
  report(`installing ${missing.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run(['apt-get', 'update', '--quiet'], { env });
  await run(['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...missing], { env });
}
