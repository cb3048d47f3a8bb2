import { setTimeout as delay } from 'node:timers/promises';
import { ClusterError } from '../errors.js';
import type { Context } from './context.js';
import { consoleTail, hostState, type HostRef } from './host.js';
import { attempt, lastLines } from './run.js';
import { sshCommand } from './ssh.js';
import type { SettledHost } from './state.js';

/**
 * Resolves when the host lets its user log in, which is later than the moment sshd listens: a starting system refuses logins.
 * Host keys are checked, so this also proves that the pins are right.
 */
export async function waitForLogin(
  ref: HostRef,
  host: SettledHost,
  context: Context,
  seconds = 60,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  const argv = sshCommand(
    context.roots,
    ref.cluster,
    host,
    ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=2'],
    ['true'],
  );
  for (;;) {
    const login = await attempt(argv, { signal: context.signal });
    if (login.code === 0) return;
    if (context.signal?.aborted)
      throw new ClusterError('interrupted', { hint: 'run the command again: it takes over what is there' });
    const state = await hostState(ref);
    if (state !== 'running' && (await stayedOff(ref))) {
      throw new ClusterError(`${host.name} ended while it booted`, {
        host: host.name,
        detail: await consoleTail(ref),
      });
    }
    if (Date.now() > deadline) {
      throw new ClusterError(
        `${host.name} (${host.address}) lets nobody log in after ${seconds} s: ${lastLines(login.stderr, 1).join('')}`,
        {
          host: host.name,
          detail: await consoleTail(ref),
          hint: 'above is the end of its console; `provision cluster reset` starts it from a bare disk',
        },
      );
    }
    await delay(100, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

/** The supervisor takes a moment to enter its group, and a rebooting host is without a network for one. */
async function stayedOff(ref: HostRef): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) {
    if ((await hostState(ref)) === 'running') return false;
    await delay(100);
  }
  return true;
}
