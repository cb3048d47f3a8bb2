import type { LoginAnswer, LoginQuery } from '../agent/query.js';
import { messageOf } from '../errors.js';
import { connect } from '../transport/connect.js';
import type { Connection } from '../transport/connection.js';
import type { Trust } from '../trust/trust.js';
import type { Target } from '../transport/target.js';

interface Surroundings {
  readonly target: Target;
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly signal: AbortSignal;
  readonly trust?: Trust | undefined;
}

/** Log in anew and start a command, again and again until it works or the time is up. The connection is closed again. */
export async function tryLogin(query: LoginQuery, around: Surroundings): Promise<LoginAnswer> {
  const { now, sleep, signal } = around;
  const deadline = now() + (query.delay + query.timeout) * 1000;
  if (query.delay > 0) await sleep(query.delay);
  for (;;) {
    const error = await once(query.connectTimeout, around);
    if (error === undefined) return { ok: true };
    if (signal.aborted || now() + query.sleep * 1000 >= deadline) return { ok: false, error };
    await sleep(query.sleep);
  }
}

/** @returns why it did not work */
async function once(
  connectTimeout: number,
  { target, signal, trust }: Surroundings,
): Promise<string | undefined> {
  let connection: Connection | undefined;
  let late: NodeJS.Timeout | undefined;
  try {
    const hurried = target.kind === 'ssh' ? { ...target, connectTimeout } : target;
    connection = await connect(hurried, { signal, trust });
    const channel = await connection.exec('true');
    channel.stdout.resume();
    channel.stderr.resume();
    const end = await Promise.race([
      channel.exit,
      new Promise<undefined>((resolve) => {
        late = setTimeout(() => resolve(undefined), connectTimeout * 1000);
      }),
    ]);
    if (end === undefined) return `it logged in, but a command did not end within ${connectTimeout} s`;
    return end.code === 0
      ? undefined
      : `it logged in, but a command ended with ${end.signal ?? String(end.code)}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    clearTimeout(late);
    connection?.close();
  }
}
