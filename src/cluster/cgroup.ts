import { readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClusterError, messageOf } from '../errors.js';

/**
 * Every host lives in a control group of its own. It names all processes of the host, whatever became of the controller that
 * started them, and the kernel ends them all at one write.
 */
export async function cgroupRoot(): Promise<string> {
  const mount = unifiedMount(await readFile('/proc/self/mountinfo', 'utf8'));
  if (mount !== undefined) return join(mount, 'provision');
  throw new ClusterError(
    'this machine has no cgroup2 file system mounted, which systemd in the hosts needs',
    {
      hint: 'mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified',
    },
  );
}

/** Where cgroup2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside version 1. */
export function unifiedMount(mountinfo: string): string | undefined {
  const line = mountinfo.split('\n').find((candidate) => / - cgroup2 /.test(candidate));
  return line?.split(' ')[4];
}

export function hostCgroup(root: string, cluster: string, host: string): string {
  return join(root, cluster, host);
}

/** Is any process of the group alive. */
export async function isPopulated(cgroup: string): Promise<boolean> {
  const events = await readFile(join(cgroup, 'cgroup.events'), 'utf8').catch(() => '');
  return /^populated 1$/m.test(events);
}

/** The machine's id of the host's first process, undefined while it has none. */
export async function firstProcess(cgroup: string): Promise<number | undefined> {
  const text = await readFile(join(cgroup, 'payload/init.scope/cgroup.procs'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 0 ? pid : undefined;
}

/** All processes of one group, those of groups below left out. */
export async function processesOf(cgroup: string): Promise<number[]> {
  const text = await readFile(join(cgroup, 'cgroup.procs'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
}

/** SIGKILL to every process of the group and of those below it, then the groups themselves. Nothing happens when there is none. */
export async function endCgroup(cgroup: string): Promise<void> {
  await writeFile(join(cgroup, 'cgroup.kill'), '1').catch(() => undefined);
  await waitEmpty(cgroup, 10_000);
  await removeCgroup(cgroup);
}

/** Resolves when no process is left in the group; throws after `milliseconds`. */
export async function waitEmpty(cgroup: string, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (await isPopulated(cgroup)) {
    if (Date.now() > deadline)
      throw new ClusterError(`processes of ${cgroup} are still there after ${milliseconds / 1000} s`);
    await delay(20);
  }
}

async function removeCgroup(cgroup: string): Promise<void> {
  const entries = await readdir(cgroup, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(cgroup, entry.name));
  // A process that was killed leaves its group a moment after the group reads as empty.
  for (let tries = 0; ; tries += 1) {
    try {
      await rmdir(cgroup);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || tries === 50)
        throw new ClusterError(`cannot remove ${cgroup}: ${messageOf(error)}`, { cause: error });
      await delay(20);
    }
  }
}
