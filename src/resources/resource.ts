import type { Answers, Query } from '../agent/query.js';
import type { Step, StepOutput } from '../agent/step.js';
import type { JsonSchema } from '../schema.js';

/**
 * A resource (what Ansible calls a module): pure functions without I/O.
 *
 * You must: answer from `params` and `answers` alone; compare by value after normalising both sides; leave alone what
 * a parameter that was not given would govern; return no step when there is no change.
 * You must not: read a file, the clock or the environment; print; keep state between calls.
 */
export interface Resource<P = Record<string, unknown>> {
  readonly name: string;
  /** one line for the reference */
  readonly summary: string;
  /** JSON Schema of the parameters, `additionalProperties: false`, with descriptions and defaults */
  readonly schema: JsonSchema;
  /** The key that a bare string stands for (`command: uptime` is `{cmd: uptime}`). */
  readonly freeForm?: string;
  /** Parameters whose strings are bare expressions: they arrive evaluated, as {source, value} (debug.var, assert.that). */
  readonly expressions?: readonly string[];
  /** It tells, asks or keeps something, and changes no host: in a dry run that cannot evaluate it nothing may change by it. */
  readonly changes?: 'never';
  /** What must be known. Called again with what is known until it asks nothing new (rarely needed). */
  queries(params: P, known: Answers): readonly Query[];
  /**
   * What has to be done before anybody can say what differs, and is no change of what the task is about (package lists that
   * are fetched). A run does it, asks again and plans from the answers; a dry run plans from what is there, and says so.
   */
  prepare?(params: P, answers: Answers): Preparation | undefined;
  /**
   * What differs; empty means in sync.
   * @throws TaskError for what no apply can mend (a missing source, a refused combination)
   */
  plan(params: P, answers: Answers): readonly Change[];
  /** How to get there. Called only with a plan that is not empty. */
  apply(params: P, changes: readonly Change[], answers: Answers): readonly Step[];
  /** What `register` gets of answers that the plan has refused: a status, a body. Not called where the host was not asked. */
  refused?(params: P, answers: Answers): Readonly<Record<string, unknown>>;
  /** What `register` gets besides changed and failed. `outputs` has one entry a step, none when in sync. */
  result?(params: P, answers: Answers, outputs: readonly StepOutput[]): Readonly<Record<string, unknown>>;
}

/** What goes before the plan of a task. */
export interface Preparation {
  /** for people: why it is necessary and what a run does */
  readonly why: string;
  /** shown in front of the task's own changes, where it has any */
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
}

/** One difference between what is and what shall be. */
export interface Change {
  /** what it is about: a path, a package, a user */
  readonly subject: string;
  /** the field: content, mode, state, version … */
  readonly field: string;
  /** null: was not there */
  readonly before: unknown;
  /** null: shall not be there */
  readonly after: unknown;
  /** values are secret: shown as changed only */
  readonly secret?: boolean;
  /**
   * `action`: something that is done each time and says nothing about how the host is (a command, a restart, a request). Left out: a state
   * that differs, and does no more once it was applied. Drift is about states alone.
   */
  readonly kind?: 'state' | 'action';
}

/** Keeps the parameter type while it is written and forgets it for the registry. */
export function resource<P>(definition: Resource<P>): Resource {
  return definition as unknown as Resource;
}
