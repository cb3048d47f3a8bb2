import type { Position } from '../errors.js';

/** A bare expression (`when:` and the like): JavaScript's expression syntax over the host's variables. */
export interface Expression {
  readonly source: string;
  readonly position: Position;
}
