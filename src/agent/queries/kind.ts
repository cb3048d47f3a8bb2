import type { AnswerOf, Query, Refused } from '../query.js';
import type { PartOutput } from '../part.js';
import type { Owners } from './owners.js';

/** A piece of sh; `keep`: the bytes of its output that are kept, if not as many as of others. */
export type Piece = string | { readonly code: string; readonly keep: number };

type Of<K extends Query['kind']> = Extract<Query, { kind: K }>;

/** How the queries of one kind that a request holds are asked and understood. */
export interface QueryKind<K extends Query['kind']> {
  /** `parse` reads what the pieces say on stderr */
  readonly readsErrors?: boolean;
  /** A longer answer is cut, which shows in it. Of other kinds it is an error: what is missing would be taken for absent. */
  readonly mayBeCut?: boolean;
  /** the program that answers; where it is missing nothing is known, which is not the same as an answer of no */
  readonly program?: string;
  /** Pieces of sh, whose output is kept apart; their exit status does not matter. Later ones see what earlier ones set. */
  compile(queries: readonly Of<K>[]): readonly Piece[];
  /**
   * One answer for each query, in order, from one output for each piece. What a host says may be anything: nothing in it
   * is trusted to be there. `owners`: whose the paths are that the queries touch.
   * @throws TaskError when no answer can be given
   */
  parse(
    queries: readonly Of<K>[],
    outputs: readonly PartOutput[],
    owners?: Owners,
  ): readonly (K extends 'file' | 'content' | 'sum' | 'unit' | 'command' | 'script'
    ? AnswerOf[K] | Refused
    : AnswerOf[K])[];
}

/** What a piece printed, as text. */
export function textOf(output: PartOutput | undefined): string {
  return output?.stdout.toString('utf8') ?? '';
}

/** A path as no program takes it for an option, an expression or standard input. The agent's folder is `/`. */
export function pathWord(path: string): string {
  return path.startsWith('/') ? path : `./${path}`;
}

/** Longer argument lists are split: the kernel refuses a single exec with more than its limit. */
const LONGEST_LIST = 100_000;

/** Runs of words that fit into one argument list. */
export function chunked(words: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let length = Infinity;
  for (const word of words) {
    const bytes = Buffer.byteLength(word) + 1;
    if (length + bytes > LONGEST_LIST) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1)?.push(word);
    length += bytes;
  }
  return chunks;
}
