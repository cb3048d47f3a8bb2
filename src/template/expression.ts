import type { Position } from '../errors.js';

/** A bare expression (`when:` and the like): JavaScript's expression syntax over the host's variables. */
export interface Expression {
  readonly source: string;
  readonly position: Position;
  /** where a character of the source stands, if it is not written as it reads (see YamlDocument.placesOf) */
  readonly positionAt?: (offset: number) => Position;
}
