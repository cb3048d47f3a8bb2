import type { Answers, Query } from '../agent/query.js';
import type { JsonSchema } from '../schema.js';

/**
 * A verify check: pure functions without I/O, like a resource, that only reads.
 *
 * You must: answer from `params` and `answers` alone; say what was seen and what was expected, in words that an operator
 * reads at three in the morning. You must not: throw for what a host said: that is a verdict.
 */
export interface Check<P = Readonly<Record<string, unknown>>> {
  readonly name: string;
  /** one line for the reference */
  readonly summary: string;
  /** JSON Schema of the parameters, `additionalProperties: false`, with descriptions and defaults */
  readonly schema: JsonSchema;
  /** The key that a bare value stands for (`unit: nginx` is `{name: nginx}`). */
  readonly freeForm?: string;
  /** What must be known. Called again with what is known until it asks nothing new (rarely needed). */
  queries(params: P, known?: Answers): readonly Query[];
  /** `answers` by host, in the inventory's order: one entry unless the check says `on`. */
  verdict(params: P, answers: ReadonlyMap<string, Answers>): Verdict;
}

export interface Verdict {
  readonly ok: boolean;
  /** what was seen and, unless it is as expected, what was expected */
  readonly message: string;
}

/** Keeps the parameter type while it is written and forgets it for the registry. */
export function check<P>(definition: Check<P>): Check {
  return definition as unknown as Check;
}
