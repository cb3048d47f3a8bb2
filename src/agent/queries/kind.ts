import type { AnswerOf, Query } from '../query.js';
import type { PartOutput } from '../part.js';

/**
 * How queries of one kind are asked and understood. All queries of a request that are of one kind are one part; a kind
 * whose queries cannot share a process (`single`) has a part each.
 */
export interface QueryKind<K extends Query['kind']> {
  readonly single?: boolean;
  /** sh that prints what `parse` reads; its exit status does not matter */
  compile(queries: readonly Extract<Query, { kind: K }>[]): string;
  /** One answer for each query, in order. What a host says may be anything: nothing in it is trusted to be there. */
  parse(queries: readonly Extract<Query, { kind: K }>[], output: PartOutput): readonly AnswerOf[K][];
}

/** Longer argument lists are split: the kernel refuses a single exec with more than its limit. */
const LONGEST_LIST = 100_000;

/** Runs of words that fit into one argument list. */
export function chunked(words: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let length = Infinity;
  for (const word of words) {
    if (length + word.length > LONGEST_LIST) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1)?.push(word);
    length += word.length + 1;
  }
  return chunks;
}
