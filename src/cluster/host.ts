import { spawn } from 'node:child_process';
import { access, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterError } from '../errors.js';
import { parseSubnet } from './addresses.js';
import {
  cgroupRoot,
  endCgroup,
  firstProcess,
  hostCgroup,
  isPopulated,
  processesOf,
  waitEmpty,
} from './cgroup.js';
import { mapIdsProgram } from './map-ids.js';
import { bridgeName, cableName, macAddress, namespaceName } from './names.js';
import { hostDir, type Roots } from './paths.js';
import { attempt, lastLines, run, searchPath } from './run.js';
import type { ClusterState, SettledHost } from './state.js';
import { superviseScript } from './supervise.js';
import { discard } from './trash.js';
import { firstUid } from './uids.js';

/** One host of a cluster that is written down. */
export interface HostRef {
  readonly roots: Roots;
  readonly cluster: string;
  readonly host: string;
}

/** `broken`: its processes live but its network is gone, as after an accident on the machine. */
export type HostState = 'running' | 'broken' | 'off' | 'absent';

export async function hostState(ref: HostRef): Promise<HostState> {
  if (await isPopulated(await cgroupOf(ref))) {
    const cabled = await exists(`/sys/class/net/${cableName(ref.cluster, ref.host)}`);
    return cabled && (await exists(`/run/netns/${namespaceName(ref.cluster, ref.host)}`))
      ? 'running'
      : 'broken';
  }
  return (await hasDisk(ref)) ? 'off' : 'absent';
}

export async function hasDisk(ref: HostRef): Promise<boolean> {
  return exists(join(dirOf(ref), 'disk'));
}

/** Start the supervisor of a host whose disk is there. Returns at once; it lives on when this process ends. */
export async function startHost(
  roots: Roots,
  state: ClusterState,
  host: SettledHost,
  mtu: number,
): Promise<void> {
  const { spec } = state;
  const ref = { roots, cluster: spec.name, host: host.name };
  const dir = dirOf(ref);
  await mkdir(dir, { recursive: true });
  // Each host's own file, never written to again while a shell reads it.
  const script = join(dir, 'supervise.sh');
  await rm(script, { force: true });
  await writeFile(script, superviseScript, { mode: 0o755 });
  await writeFile(join(dir, 'map-ids.pl'), mapIdsProgram);
  const console = await open(consoleFile(ref), 'w');
  try {
    const child = spawn('/bin/sh', [script], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', console.fd, console.fd],
      env: {
        PATH: searchPath,
        CGROUP: await cgroupOf(ref),
        HOST_DIR: dir,
        IMAGE: state.images[host.suite]!,
        NAMESPACE: namespaceName(spec.name, host.name),
        CABLE: cableName(spec.name, host.name),
        MAC: macAddress(spec.name, host.name),
        BRIDGE: bridgeName(spec.name),
        ADDRESS: `${host.address}/${parseSubnet(spec.subnet)!.prefix}`,
        GATEWAY: spec.gateway,
        MTU: String(mtu),
        MACHINE: host.name,
        UIDS: String(host.uids ?? firstUid(spec.name, host.name)),
      },
    });
    child.unref();
  } finally {
    await console.close();
  }
}

/** Ask the host's init to power off, as the button of a VM does, and wait until it is off. Its disk stays. */
export async function powerOff(ref: HostRef, seconds = 30): Promise<void> {
  const cgroup = await cgroupOf(ref);
  const deadline = Date.now() + seconds * 1000;
  while (await isPopulated(cgroup)) {
    if (Date.now() > deadline) {
      throw new ClusterError(`${ref.host} did not power off in ${seconds} s`, {
        host: ref.host,
        detail: await consoleTail(ref),
      });
    }
    // Asked again and again: an init that is just starting does not listen yet.
    await pressButton(cgroup);
    await waitEmpty(cgroup, 2000).catch(() => undefined);
  }
}

async function pressButton(cgroup: string): Promise<void> {
  for (const pid of await processesOf(join(cgroup, 'supervisor'))) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    // nspawn passes it on as the signal that means "power off" to systemd
    if (name.trim() === 'systemd-nspawn') process.kill(pid, 'SIGTERM');
  }
}

/**
 * Power loss: the cable goes first, so that nobody hears a FIN or RST of the dying host, then every process at once. The disk
 * stays as the kernel has it.
 */
export async function cutPower(ref: HostRef): Promise<void> {
  await attempt(['ip', 'link', 'delete', cableName(ref.cluster, ref.host)]);
  await endCgroup(await cgroupOf(ref));
  await attempt(['ip', 'netns', 'delete', namespaceName(ref.cluster, ref.host)]);
}

/** Power loss, and everything of the host on the machine with it. */
export async function removeHost(ref: HostRef): Promise<void> {
  await cutPower(ref);
  await discard(ref.roots, ref.cluster, dirOf(ref));
}

/** Pull the cable or plug it in. A pulled one stays so over a reboot. */
export async function setLink(ref: HostRef, to: 'down' | 'up'): Promise<void> {
  const marker = markerOf(ref);
  if (to === 'down') await writeFile(marker, '');
  else await rm(marker, { force: true });
  const cable = cableName(ref.cluster, ref.host);
  if (await exists(`/sys/class/net/${cable}`)) await run(['ip', 'link', 'set', cable, to]);
}

export async function isLinkCut(ref: HostRef): Promise<boolean> {
  return exists(markerOf(ref));
}

/** Run a program of the machine in the host's network, for example to listen or to connect as the host. */
export async function runInNetwork(ref: HostRef, argv: readonly string[]): ReturnType<typeof attempt> {
  return attempt(['ip', 'netns', 'exec', namespaceName(ref.cluster, ref.host), ...argv]);
}

/** The host's first process as the machine sees it, and since when it runs (milliseconds of the epoch). */
export async function initOf(ref: HostRef): Promise<{ pid: number; since: number } | undefined> {
  const pid = await firstProcess(await cgroupOf(ref));
  if (pid === undefined) return undefined;
  const [stat, uptime] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined),
    readFile('/proc/uptime', 'utf8'),
  ]);
  if (stat === undefined) return undefined;
  // Field 22 of proc(5), counted behind the name in parentheses, which may hold spaces; in ticks of 10 ms on every Linux.
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  return { pid, since: Date.now() - (Number(uptime.split(' ')[0]) - ticks / 100) * 1000 };
}

/** The last lines that the host wrote to its console. */
export async function consoleTail(ref: HostRef, count = 15): Promise<string[]> {
  return lastLines(await readFile(consoleFile(ref), 'utf8').catch(() => ''), count);
}

/** The host of that name, or an error that names the ones there are. */
export function hostOf(state: ClusterState, name: string): SettledHost {
  const host = state.spec.hosts.find((candidate) => candidate.name === name);
  if (host) return host;
  throw new ClusterError(`the cluster ${state.spec.name} has no host "${name}"`, {
    hint: `it has ${state.spec.hosts.map((candidate) => candidate.name).join(', ')}`,
  });
}

async function cgroupOf(ref: HostRef): Promise<string> {
  return hostCgroup(await cgroupRoot(), ref.cluster, ref.host);
}

function dirOf(ref: HostRef): string {
  return hostDir(ref.roots, ref.cluster, ref.host);
}

function consoleFile(ref: HostRef): string {
  return join(dirOf(ref), 'console.log');
}

function markerOf(ref: HostRef): string {
  return join(dirOf(ref), 'link-down');
}

async function exists(path: string): Promise<boolean> {
  return access(path)
    .then(() => true)
    .catch(() => false);
}
