import type { Task } from '../playbook/model.js';
import { UnknownValue, type Scope } from '../template/scope.js';
import type { Expression } from '../template/expression.js';
import { isTrue } from './prepare.js';
import { exposed } from './unapplied.js';
import type { Registered } from './unit.js';

/** A unit's result after `changed_when`, `failed_when` and `until` have had their say. */
export interface Judgement {
  readonly registered: Registered;
  readonly failed: boolean;
  /** the condition of failed_when that held */
  readonly because: string | undefined;
  /** `until` holds, or there is none and it did not fail */
  readonly done: boolean;
  /** in a dry run: why nobody can tell whether it changes something */
  readonly unsure: string | undefined;
}

export function judge(
  task: Task,
  registered: Registered,
  scopeWith: (registered: Registered) => Scope,
): Judgement {
  const scope = scopeWith(registered);
  const because = task.failedWhen?.find((condition) => isTrue(condition, scope))?.source;
  // As in Ansible: conditions of failed_when are joined by and.
  const all = task.failedWhen?.every((condition) => isTrue(condition, scope));
  const failed = all ?? registered['failed'] === true;
  const changed = task.changedWhen
    ? task.changedWhen.every((condition) => isTrue(condition, scope))
    : registered.changed;
  const judged = { ...registered, changed, failed };
  const done = task.until ? task.until.every((condition) => isTrue(condition, scopeWith(judged))) : !failed;
  return { registered: judged, failed, because: failed ? because : undefined, done, unsure: undefined };
}

/** The same for a unit whose steps a dry run left out: what they would say is not known, and that it would fail is not assumed. */
export function judgeUnapplied(
  task: Task,
  registered: Registered,
  scopeWith: (registered: Registered) => Scope,
): Judgement {
  const scope = scopeWith(exposed(task.register ?? '', { status: 'changed', registered, unapplied: true }));
  const judged = { failed: false, because: undefined, done: true };
  try {
    const changed = task.changedWhen?.every((condition: Expression) => isTrue(condition, scope)) ?? true;
    return { ...judged, registered: { ...registered, changed }, unsure: undefined };
  } catch (error) {
    if (!(error instanceof UnknownValue)) throw error;
    return { ...judged, registered, unsure: error.message };
  }
}
