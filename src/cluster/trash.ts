import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterDir, type Roots } from './paths.js';
import { run, searchPath } from './run.js';

/**
 * Put a file or folder of the cluster aside at once. A disk in use holds tens of thousands of files, which take the kernel seconds to
 * remove; nobody has to wait for that before the new disk is there.
 */
export async function discard(roots: Roots, cluster: string, path: string): Promise<void> {
  const trash = trashDir(roots, cluster);
  await mkdir(trash, { recursive: true });
  await rename(path, join(trash, randomUUID())).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Start removing what was put aside, also by runs that were killed before they did. It goes on when this process ends. */
export async function emptyTrash(roots: Roots, cluster: string): Promise<void> {
  const trash = trashDir(roots, cluster);
  const entries = (await readdir(trash).catch(() => [])).map((name) => join(trash, name));
  if (entries.length === 0) return;
  spawn('rm', ['-rf', '--', ...entries], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: searchPath },
  }).unref();
}

/** Remove what was put aside and wait until it is gone. */
export async function removeTrash(roots: Roots, cluster: string): Promise<void> {
  // rm(1) is many times faster than fs.rm for the disks of hosts in use.
  await run(['rm', '-rf', '--', trashDir(roots, cluster)]);
}

function trashDir(roots: Roots, cluster: string): string {
  return join(clusterDir(roots, cluster), 'trash');
}
