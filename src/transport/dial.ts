import { connect as connectTcp, type Socket } from 'node:net';
import { UnreachableError } from '../errors.js';
import type { ConnectOptions } from './connect.js';
import { plainReason, tooLate } from './failure.js';
import type { SshTarget } from './target.js';

/** The ms that a login may still take. TCP, handshake and login of a hop have one deadline. */
export type TimeLeft = () => number;

export function timeFor(target: SshTarget): TimeLeft {
  const ends = performance.now() + target.connectTimeout * 1000;
  return () => Math.max(0, ends - performance.now());
}

/**
 * Open a TCP connection to a host.
 * @throws UnreachableError
 */
export function dial(target: SshTarget, timeLeft: TimeLeft, { signal }: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // The messages of a handshake are small, and each waits for an answer: none is to be held back for more to send.
    const { host, port, family, localAddress } = target;
    const socket = connectTcp({
      host,
      port,
      noDelay: true,
      ...(family === undefined ? {} : { family }),
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const fail = (error: UnreachableError): void => {
      release();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(new UnreachableError('interrupted', { host: target.name }));
    const late = setTimeout(() => fail(tooLate(target)), timeLeft());
    const release = (): void => {
      clearTimeout(late);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) return onAbort();
    // It stays: whoever gets the socket may come to listen a moment after the host has closed it.
    socket.on('error', (error) => fail(plainReason(error, target, [])));
    socket.once('connect', () => {
      release();
      resolve(socket);
    });
  });
}
