import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cgroupRoot } from './cgroup.js';
import type { Context } from './context.js';
import { restoreForwarding } from './forwarding.js';
import { removeHost } from './host.js';
import { withCluster, withMachine } from './locks.js';
import { networkDown } from './network.js';
import { accessDir } from './paths.js';
import { attempt } from './run.js';
import type { ClusterSpec } from './spec.js';
import { removeTrash } from './trash.js';
import { forgetState, startedHosts, readState, readStates } from './state.js';

/**
 * Take away everything of a cluster: hosts, their disks and networks, bridge, routes, firewall rules, keys. Works from what is
 * written down and from what is found, so a half-made or half-removed cluster goes as well. Returns whether there was one.
 */
export async function takeDown(spec: ClusterSpec, context: Context): Promise<boolean> {
  return withCluster(context, spec.name, async () => {
    const recorded = await readState(context.roots, spec.name);
    const { roots } = context;
    const cgroups = join(await cgroupRoot(), spec.name);
    const [started, alive] = await Promise.all([startedHosts(roots, spec.name), foldersOf(cgroups)]);
    const hosts = new Set([
      ...started,
      ...alive,
      ...(recorded?.spec.hosts ?? spec.hosts).map((host) => host.name),
    ]);
    await Promise.all([...hosts].map((host) => removeHost({ roots, cluster: spec.name, host })));
    for (const { argv } of networkDown(spec.name, recorded?.spec.subnet)) await attempt(argv);
    await rmdir(cgroups).catch(() => undefined);
    await removeTrash(roots, spec.name);
    const access = accessDir({ ...roots, project: recorded?.project ?? roots.project }, spec.name);
    await rm(access, { recursive: true, force: true });
    await rmdir(dirname(access)).catch(() => undefined);
    await withMachine(context, async () => {
      await forgetState(roots, spec.name);
      if ((await readStates(roots)).length > 0) return;
      await restoreForwarding(roots);
      await rmdir(await cgroupRoot()).catch(() => undefined);
    });
    return recorded !== undefined || alive.length > 0;
  });
}

async function foldersOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
