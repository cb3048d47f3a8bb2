import { StoppedError } from './stopped-error.js';

/**
 * Wait for something so long and no longer.
 * @throws what `late` makes when the time is up, StoppedError when the signal is aborted
 */
export function within<T>(
  promise: Promise<T>,
  {
    ms,
    signal,
    host,
  }: { readonly ms: number; readonly signal?: AbortSignal | undefined; readonly host: string },
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(() => reject(late())), ms);
    const stop = (): void => end(() => reject(new StoppedError(host)));
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      settle();
    };
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    promise.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error as Error)),
    );
  });
}
