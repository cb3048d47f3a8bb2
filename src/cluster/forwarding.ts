import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Roots } from './paths.js';

const setting = '/proc/sys/net/ipv4/ip_forward';

/** Write down what ip_forward was before the first cluster. Later clusters find the note and leave it. */
export async function noteForwarding(roots: Roots): Promise<void> {
  const value = await readFile(setting, 'utf8');
  await writeFile(noteFile(roots), value, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Put ip_forward back as it was before the first cluster; for the one that goes last. */
export async function restoreForwarding(roots: Roots): Promise<void> {
  const value = await readFile(noteFile(roots), 'utf8').catch(() => undefined);
  if (value === undefined) return;
  await writeFile(setting, value);
  await rm(noteFile(roots), { force: true });
}

function noteFile(roots: Roots): string {
  return join(roots.state, 'ip_forward.before');
}
