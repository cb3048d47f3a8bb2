import type { Connection } from './connection.js';
import type { Trust } from '../trust/trust.js';
import { timeFor, dial } from './dial.js';
import { connectLocal } from './local.js';
import type { Target } from './target.js';

export interface ConnectOptions {
  /** asks for the passphrase of a key */
  readonly prompt?: (question: string) => Promise<string>;
  /** asked about files of keys and of known hosts; left out: they are believed */
  readonly trust?: Trust | undefined;
  /** aborting gives up */
  readonly signal?: AbortSignal;
}

/**
 * Log in to a host.
 * @throws UnreachableError
 */
export async function connect(target: Target, options: ConnectOptions = {}): Promise<Connection> {
  if (target.kind === 'local') return connectLocal();
  const first = target.jumps[0] ?? target;
  const timeLeft = timeFor(first);
  // ssh2 is loaded when a host is reached by it: listings do not pay for it. Meanwhile the host answers.
  const socket = dial(first, timeLeft, options);
  socket.catch(() => undefined);
  const { connectSsh } = await import('./ssh.js');
  return connectSsh(target, { socket: await socket, timeLeft }, options);
}
