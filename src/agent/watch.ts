/** When a request is to be stopped before it ends by itself. */
export interface Limits {
  /** seconds from its start */
  readonly timeout?: number;
  /** seconds without a byte from the host */
  readonly idle?: number;
  readonly signal?: AbortSignal;
}

/** Why a request is stopped. */
export type StopReason = 'timeout' | 'idle' | 'aborted';

export interface Watch {
  /** Its turn has come. */
  begin(): void;
  /** What follows has limits of its own, from now on. */
  next(limits: Pick<Limits, 'timeout' | 'idle'>): void;
  /** the host showed a sign of life */
  touch(): void;
  end(): void;
}

/** Calls `stop` once a limit is reached; the limit in seconds goes with it. */
export function createWatch(
  { timeout, idle, signal }: Limits,
  stop: (reason: StopReason, seconds: number) => void,
): Watch {
  let late: NodeJS.Timeout | undefined;
  let silent: NodeJS.Timeout | undefined;
  const abort = (): void => stop('aborted', 0);
  const clear = (): void => {
    clearTimeout(late);
    clearTimeout(silent);
    late = silent = undefined;
  };
  const next: Watch['next'] = (limits) => {
    clear();
    if (limits.timeout !== undefined) late = timer('timeout', limits.timeout);
    if (limits.idle !== undefined) silent = timer('idle', limits.idle);
  };
  // Whoever waits for another request can be stopped, too.
  if (signal?.aborted) queueMicrotask(abort);
  else signal?.addEventListener('abort', abort, { once: true });
  return {
    begin: () =>
      next({ ...(timeout === undefined ? {} : { timeout }), ...(idle === undefined ? {} : { idle }) }),
    next,
    touch: () => void silent?.refresh(),
    end() {
      clear();
      signal?.removeEventListener('abort', abort);
    },
  };

  function timer(reason: StopReason, seconds: number): NodeJS.Timeout {
    // A longer one would fire at once.
    return setTimeout(() => stop(reason, seconds), Math.min(seconds * 1000, 2 ** 31 - 1));
  }
}
