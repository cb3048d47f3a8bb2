import type { Answer, Answers, Query } from '../agent/query.js';
import type { TaskLabel } from '../events.js';
import type { Task } from '../playbook/model.js';
import type { Resource } from '../resources/resource.js';
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

/** A result as `register` keeps it. */
export type Registered = Readonly<Record<string, unknown>> & { readonly changed: boolean };

export interface UnitResult {
  readonly status: 'ok' | 'changed' | 'skipped' | 'failed' | 'may-change';
  readonly registered: Registered;
}
