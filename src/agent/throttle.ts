import type { Readable } from 'node:stream';

/** Bytes after which a host rests, and ms that it does: about 16 MiB/s. */
const BURST = 1024 * 1024;
const REST = 60;

/** Tells how many bytes came; after a burst of them the streams rest, so that other hosts have their turn: all are read by one thread. */
export function createThrottle(streams: readonly Readable[]): (bytes: number) => void {
  let since = performance.now();
  let bytes = 0;
  return (more) => {
    const now = performance.now();
    // What came slowly is no burst.
    if (now - since > REST) [since, bytes] = [now, 0];
    bytes += more;
    if (bytes < BURST) return;
    [since, bytes] = [now + REST, 0];
    for (const stream of streams) stream.pause();
    setTimeout(() => {
      for (const stream of streams) stream.resume();
    }, REST);
  };
}
