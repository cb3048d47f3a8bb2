/** When a request is to be stopped before it ends by itself. */
export interface Limits {
  /** seconds from its start */
  readonly timeout?: number;
  /** seconds without a byte from the host */
  readonly idle?: number;
  readonly signal?: AbortSignal;
}

export interface Watch {
  begin(): void;
  /** the host showed a sign of life */
  touch(): void;
  end(): void;
}

/** Calls `stop` with the reason once a limit is reached. */
export function createWatch({ timeout, idle, signal }: Limits, stop: (why: string) => void): Watch {
  let late: NodeJS.Timeout | undefined;
  let silent: NodeJS.Timeout | undefined;
  const abort = (): void => stop('stopped');
  return {
    begin() {
      if (timeout !== undefined)
        late = setTimeout(() => stop(`timed out after ${timeout} s`), timeout * 1000);
      if (idle !== undefined) silent = setTimeout(() => stop(`timed out: silent for ${idle} s`), idle * 1000);
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    },
    touch: () => void silent?.refresh(),
    end() {
      clearTimeout(late);
      clearTimeout(silent);
      signal?.removeEventListener('abort', abort);
    },
  };
}
