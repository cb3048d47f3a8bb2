import { join } from 'node:path';
import type { Context } from './context.js';
import { withLock } from './lock.js';

/** One command at a time changes a cluster. */
export async function withCluster<T>(context: Context, cluster: string, body: () => Promise<T>): Promise<T> {
  const options = {
    file: join(context.roots.state, 'locks', `${cluster}.lock`),
    onWait: () => context.report(`another command works on the cluster ${cluster}, waiting`),
    signal: context.signal,
  };
  return withLock(options, body);
}

/** What clusters share (address ranges, ip_forward) is taken and given back by one command at a time. */
export async function withMachine<T>(context: Context, body: () => Promise<T>): Promise<T> {
  return withLock(
    { file: join(context.roots.state, 'locks', '.machine.lock'), onWait: () => undefined },
    body,
  );
}
