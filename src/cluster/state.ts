import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterError } from '../errors.js';
import { clusterDir, clustersDir, hostsDir, type Roots } from './paths.js';
import type { ClusterSpec, HostSpec } from './spec.js';
import type { Suite } from './suites.js';

/** What is written down of a cluster before anything of it is made, so that all of it can be found and removed again. */
export interface ClusterState {
  readonly spec: Omit<ClusterSpec, 'hosts'> & { readonly hosts: readonly SettledHost[] };
  /** the folder whose `.provision/cluster/<name>` holds the keys */
  readonly project: string;
  /** folder of the image of each suite in use */
  readonly images: Partial<Record<Suite, string>>;
}

export type SettledHost = HostSpec & {
  readonly suite: Suite;
  /** the first of the host's user ids as the machine sees them; absent until the cluster has been claimed */
  readonly uids?: number;
};

export async function readState(roots: Roots, cluster: string): Promise<ClusterState | undefined> {
  const file = join(clusterDir(roots, cluster), 'cluster.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new ClusterError(`cannot read ${file}: ${error.message}`, { cause: error });
  });
  return text === undefined ? undefined : (JSON.parse(text) as ClusterState);
}

/** Replaces the file as a whole: a run that is killed meanwhile leaves the old one or the new one. */
export async function writeState(roots: Roots, state: ClusterState): Promise<void> {
  const dir = clusterDir(roots, state.spec.name);
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'cluster.json');
  await writeFile(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** All clusters of this machine that are written down. */
export async function readStates(roots: Roots): Promise<ClusterState[]> {
  const names = await readdir(clustersDir(roots)).catch(() => []);
  const states = await Promise.all(names.map((name) => readState(roots, name)));
  return states.filter((state) => state !== undefined);
}

/** Every host that has ever been started in the cluster and not been removed, in the present inventory or not. */
export async function startedHosts(roots: Roots, cluster: string): Promise<string[]> {
  return readdir(hostsDir(roots, cluster)).catch(() => []);
}

export async function forgetState(roots: Roots, cluster: string): Promise<void> {
  await rm(clusterDir(roots, cluster), { recursive: true, force: true });
}
