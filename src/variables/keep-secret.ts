import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/**
 * Write a new secret to a file of mode 0600, whole or not at all.
 * @returns false when another run was quicker: its file counts
 */
export function keepSecret(file: string, text: string): boolean {
  try {
    withTemporary(file, text, (temporary) => linkSync(temporary, file));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The same in place of a file that is there; a link stays one. */
export function replaceSecret(file: string, text: string): void {
  const real = realpathSync(file);
  withTemporary(real, text, (temporary) => renameSync(temporary, real));
}

function withTemporary(file: string, text: string, use: (temporary: string) => void): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    use(temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}
