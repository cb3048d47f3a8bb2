import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * Write a file whole or not at all, for its owner only. Its new content is in a file that nobody has made before, under a name that
 * nobody could know.
 * @throws an error of the file system
 */
export function writeWhole(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before && !before.isFile()) {
    // /dev/stdout, a pipe
    writeFileSync(path, text);
    return;
  }
  const fresh = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = openSync(fresh, 'wx', 0o600);
    try {
      // All of it, or an error: a single write may take a part only, as the last one before the disk is full.
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
