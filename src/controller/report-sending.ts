import type { Sent } from '../agent/send-content.js';

/** ms before a file that is on its way is reported for the first time, and between two reports */
const EVERY = 1000;

/** Thins out what is told of each piece of a large file to one report a second; what takes less than that is not reported. */
export function reportSending(
  now: () => number,
  report: (about: Sent & { readonly ms: number }) => void,
): (about: Sent) => void {
  let current: { readonly path: string; readonly began: number; next: number } | undefined;
  return (about) => {
    const at = now();
    if (current?.path !== about.path) current = { path: about.path, began: at, next: at + EVERY };
    if (at < current.next) return;
    current.next = at + EVERY;
    report({ ...about, ms: Math.round(at - current.began) });
  };
}
