import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ClusterError } from '../errors.js';
import { searchPath } from './run.js';

export interface LockOptions {
  readonly file: string;
  /** called once when somebody else holds it */
  readonly onWait: () => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hold an exclusive lock on a file while `body` runs; wait for it when it is taken. `flock FILE cat` holds it: cat ends when its
 * input does, so the kernel gives the lock back however this process ends.
 */
export async function withLock<T>(options: LockOptions, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(options.file), { recursive: true });
  // In a session of its own a Ctrl-C at the terminal does not take the lock away while the command is still tidying up.
  const holder = spawn('flock', ['--exclusive', options.file, 'cat'], {
    detached: true,
    env: { PATH: searchPath },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(holder, 'close');
  const waiting = setTimeout(options.onWait, 300);
  const giveUp = (): void => void holder.kill('SIGKILL');
  options.signal?.addEventListener('abort', giveUp, { once: true });
  try {
    holder.stdin.on('error', () => undefined);
    holder.stdin.write('held\n');
    // cat answers only once flock has let it start
    const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
    if (!held)
      throw new ClusterError(options.signal?.aborted ? 'interrupted' : `cannot lock ${options.file}`);
    clearTimeout(waiting);
    options.signal?.removeEventListener('abort', giveUp);
    return await body();
  } finally {
    clearTimeout(waiting);
    options.signal?.removeEventListener('abort', giveUp);
    holder.stdin.end();
    await ended;
  }
}
