import { join } from 'node:path';
import type { Context } from './context.js';
import { withLock } from './lock.js';
import type { Suite } from './suites.js';

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

/** One command at a time builds or removes images of a release. */
export async function withImages<T>(
  context: Context & { readonly suite: Suite },
  body: () => Promise<T>,
): Promise<T> {
  const options = {
    file: join(context.roots.state, 'locks', `.image-${context.suite}.lock`),
    onWait: () => context.report(`image ${context.suite}: another command builds it, waiting`),
    signal: context.signal,
  };
  return withLock(options, body);
}
