import type { Answer, Answers, Query } from '../agent/query.js';
import type { Step } from '../agent/step.js';
import type { Position } from '../errors.js';
import type { TaskLabel } from '../events.js';
import type { Task } from '../playbook/model.js';
import type { Change, Resource } from '../resources/resource.js';
import type { Scope } from '../template/scope.js';
import type { BecomeUser } from './session.js';

/** Where a unit's queries and steps go: its own host, or the one it is delegated to. */
export interface Place {
  readonly host: string;
  readonly user: BecomeUser;
}

/** One task with everything evaluated that can be known before the host is asked: one unit, or one for each loop item. */
export interface PreparedTask {
  readonly task: Task;
  readonly label: TaskLabel;
  readonly loop: boolean;
  readonly units: readonly Unit[];
  /** the condition that did not hold for the whole task */
  readonly skipped: string | undefined;
  /** handlers to notify when it changes something, rendered */
  readonly notify: readonly string[];
  /** grows as the units are settled */
  readonly results: UnitResult[];
}

/** One item of one task. */
export interface Unit {
  readonly label: TaskLabel;
  readonly item: unknown;
  /** the task's variables and the item */
  readonly scope: Scope;
  readonly skipped: string | undefined;
  readonly work: Work | undefined;
}

/** What a unit that is not skipped does. `answers` is set by asking and taken away when something was changed since. */
export interface Work {
  readonly resource: Resource;
  readonly params: Readonly<Record<string, unknown>>;
  readonly at: Place;
  readonly local: ReadonlyMap<string, Answer>;
  readonly queries: readonly Query[];
  readonly environment: Readonly<Record<string, string>>;
  /** seconds */
  readonly timeout: number | undefined;
  answers: Answers | undefined;
}

/** A unit that differs, before anything is done about it: what a plan is made of. */
export interface UnitChange {
  readonly host: string;
  readonly label: TaskLabel;
  readonly position: Position;
  readonly at: Place;
  readonly handler: boolean;
  /** why a dry run cannot tell whether it changes something; then it has no changes and no steps */
  readonly unsure: string | undefined;
  /** it was decided anew, from what its preparation brought: that may be something else than what a saved plan says */
  readonly prepared: boolean;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  /** the answers of the host that it was planned from */
  readonly rests: readonly (readonly [Query, Answer])[];
  /** no_log */
  readonly hidden: boolean;
}

/** A result as `register` keeps it. */
export type Registered = Readonly<Record<string, unknown>> & { readonly changed: boolean };

export interface UnitResult {
  readonly status: 'ok' | 'changed' | 'skipped' | 'failed' | 'may-change';
  readonly registered: Registered;
  /** a dry run left its steps out: nobody knows what they would have said */
  readonly unapplied?: boolean;
  readonly ms: number;
}
