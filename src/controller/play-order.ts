import type { ResolvedPlay } from './resolve-plays.js';

/**
 * For each play the indexes of those that have to end before it starts: all before it, or where it says what it `needs`, those and the
 * ones before it that work on a host of its own.
 */
export function playOrder(plays: readonly ResolvedPlay[]): number[][] {
  return plays.map(({ play: { needs }, hosts }, index) => {
    const before = [...plays.keys()].slice(0, index);
    if (needs === undefined) return before;
    const names = new Set(needs.map(({ name }) => name));
    return before.filter((one) => {
      const earlier = plays[one]!;
      return names.has(earlier.play.name) || earlier.hosts.some((host) => hosts.includes(host));
    });
  });
}
