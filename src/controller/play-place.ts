import type { ResolvedPlay } from './resolve-plays.js';
import type { Run } from './run-state.js';
import type { PlayPlace } from './scopes.js';

/**
 * A batch of a play, the same one for whoever asks as long as nothing is changed: what is checked and looked at ahead of its turn has its
 * variables rendered once.
 */
export function placeOf({ play, hosts }: ResolvedPlay, batch: readonly string[], run: Run): PlayPlace {
  const places = run.once(play, () => new Map<string, PlayPlace>());
  const key = batch.join('\0');
  const inRun = (host: string): boolean => run.stateOf(host).out === undefined;
  const place = places.get(key) ?? {
    play,
    hosts: () => hosts.filter(inRun),
    batch: () => batch.filter(inRun),
  };
  places.set(key, place);
  return place;
}
