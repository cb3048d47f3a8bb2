import type { Owner } from './keys.js';
import type { Roots } from './paths.js';

/** What every operation on a cluster is given. */
export interface Context {
  readonly roots: Roots;
  /** who gets the keys in the project's folder; undefined: who runs this */
  readonly owner: Owner | undefined;
  /** one line of progress */
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}
