import {
  MissingPrerequisiteError,
  TaskError,
  type ConfigurationError,
  type ProvisionError,
} from '../errors.js';
import type { ChangeView } from '../events.js';
import type { Task } from '../playbook/model.js';
import type { Change } from '../resources/resource.js';
import { askAll, queriesOf } from './ask.js';
import { viewChange } from './changes.js';
import {
  errorContext,
  hidden,
  notifiedBy,
  tryUnit,
  unitChange,
  unsureAttempt,
  type Attempt,
} from './attempt.js';
import type { HostContext } from './context.js';
import { tailOf } from './failure.js';
import type { Notified } from './handlers.js';
import { judge, judgeUnapplied } from './judge.js';
import { renderNumber } from './prepare.js';
import type { Queue } from './queue.js';
import { registeredFailure, registeredSkip } from './results.js';
import { HIDDEN, shownJson, taskError } from './shown.js';
import type { PreparedTask, Registered, Unit, UnitResult } from './unit.js';

const RETRIES = 3;
const DELAY = 5;

export interface Settled {
  readonly result: UnitResult;
  readonly error: ProvisionError | undefined;
  /** something was done on the host */
  readonly applied: boolean;
}

/**
 * Settle one unit: plan it from its answers, apply what differs, judge the result, try again where the task says so, and
 * report. A change takes the queries of what follows in the queue along (`ahead` units), in the same request.
 */
export async function settleUnit(
  head: PreparedTask,
  unit: Unit,
  queue: Queue,
  ahead: number,
  context: HostContext,
): Promise<Settled> {
  const { task } = head;
  const began = context.now();
  if (!unit.work) return settleSkipped(unit, context);
  const retries =
    renderNumber(task.retries, unit.scope, 'retries', task.position) ?? (task.until ? RETRIES : 0);
  const delay = renderNumber(task.delay, unit.scope, 'delay', task.position) ?? DELAY;
  let applied = false;
  const marked: string[] = [];
  for (let attempt = 1; ; attempt += 1) {
    const tried = await tryUnit({ head, unit, work: unit.work, queue, ahead, attempt }, context);
    applied ||= tried.applied;
    marked.push(...tried.marked);
    const verdict = (tried.unapplied ? judgeUnapplied : judge)(task, tried.registered, (registered) =>
      context.preparation.childScope(
        unit.scope,
        task.register === undefined ? {} : { [task.register]: registered },
      ),
    );
    const gaveUp = !waits(task, context);
    if (gaveUp && context.check && task.until && !verdict.done)
      return settleUnsure(head, unit, 'what it waits for may be what an earlier task would bring', context);
    if (verdict.done || attempt > retries || gaveUp)
      return settleTried(head, unit, { tried, verdict, applied, marked, began }, context);
    context.emit({ type: 'retry', host: context.host, task: unit.label, attempt, of: retries });
    await context.sleep(delay);
    // Time has passed: what was asked before, for this task and those behind it, may not hold any more.
    context.forget();
    queue.forgetAnswers();
    await askAll([unit], async (place, queries) => {
      return (await context.sessionOf(place.host).request(place.user, { steps: [], queries })).answers;
    });
  }
}

/** Whether it makes sense to ask again: in a dry run what is waited for may be what an earlier task would have brought. */
function waits({ checkMode }: Task, { check, tally }: HostContext): boolean {
  if (!(checkMode ?? check)) return true;
  return tally.changed + tally.mayChange === 0;
}

/** A unit that could not be settled by its own fault. In a dry run what is missing may be what an earlier task brings. */
export async function failedUnit(
  cause: TaskError | ConfigurationError,
  head: PreparedTask,
  unit: Unit,
  context: HostContext,
): Promise<Settled> {
  if (context.check && cause instanceof MissingPrerequisiteError)
    return settleUnsure(head, unit, cause.message, context);
  const error = taskError(cause, errorContext(head, unit, context), hidden(head, unit));
  const registered = registeredFailure(cause.message, undefined);
  return { result: { status: 'failed', registered, ms: 0 }, error, applied: true };
}

/** A dry run cannot tell what would come of it. */
function settleUnsure(
  head: PreparedTask,
  unit: Unit,
  reason: string,
  context: HostContext,
): Promise<Settled> {
  const tried = unsureAttempt(reason);
  const { registered } = tried;
  const verdict = { registered, failed: false, because: undefined, done: true, unsure: undefined };
  const given = { tried, verdict, applied: false, marked: [], began: context.now() };
  return settleTried(head, unit, given, context);
}

function settleSkipped(unit: Unit, context: HostContext): Settled {
  const reason = `not ${unit.skipped ?? 'wanted'}`;
  context.emit({
    type: 'task-result',
    host: context.host,
    task: unit.label,
    result: { status: 'skipped', changes: [], reason, ms: 0 },
  });
  return {
    result: { status: 'skipped', registered: registeredSkip(reason), ms: 0 },
    error: undefined,
    applied: false,
  };
}

async function settleTried(
  head: PreparedTask,
  unit: Unit,
  given: {
    tried: Attempt;
    verdict: ReturnType<typeof judge>;
    applied: boolean;
    marked: readonly string[];
    began: number;
  },
  context: HostContext,
): Promise<Settled> {
  const { tried, verdict, applied, marked, began } = given;
  const { registered } = verdict;
  const ms = Math.round(context.now() - began);
  if (verdict.failed || !verdict.done) {
    const error = tried.error ?? unmet(head, unit, verdict, context);
    const failed = { ...registered, failed: true, msg: registered['msg'] ?? error.message };
    return { result: { status: 'failed', registered: failed, ms }, error, applied };
  }
  const unsure = tried.unsure ?? verdict.unsure;
  const { work } = unit;
  if (work?.answers) context.onAnswered?.(work.at, queriesOf(work), work.answers);
  const status = unsure !== undefined ? 'may-change' : registered.changed ? 'changed' : 'ok';
  if (status === 'changed') notify(head, context.notified, context);
  else if (status === 'may-change') notify(head, context.maybeNotified, context);
  // It was noted before anybody could know that nothing would change.
  if (status !== 'changed') for (const key of marked) await context.sessionOf(context.host).clearMark(key);
  if (tried.unsure !== undefined)
    context.onChange(unitChange({ head, unit, changes: [], steps: [], unsure: tried.unsure }, context));
  context.emit({
    type: 'task-result',
    host: context.host,
    task: unit.label,
    result: {
      status,
      changes: registered.changed ? tried.changes.map((change) => view(change, head, unit, context)) : [],
      reason: unsure,
      message: messageOf(registered, head, unit, context),
      ms,
    },
  });
  return { result: { status, registered, unapplied: tried.unapplied, ms }, error: undefined, applied };
}

/** Only a module that exists to say something has a message worth a line. */
function messageOf(
  registered: Registered,
  head: PreparedTask,
  unit: Unit,
  { secrets }: HostContext,
): string | undefined {
  if (unit.work?.resource.name !== 'debug') return undefined;
  if (hidden(head, unit)) return HIDDEN;
  const { msg } = registered as { msg?: unknown };
  return typeof msg === 'string' ? msg : shownJson(msg, secrets, 2);
}

function notify(head: PreparedTask, notified: Notified, context: HostContext): void {
  for (const handler of notifiedBy(head, context)) notified.add(handler);
}

function unmet(
  head: PreparedTask,
  unit: Unit,
  verdict: ReturnType<typeof judge>,
  context: HostContext,
): ProvisionError {
  const { task } = head;
  const message =
    verdict.because !== undefined
      ? `failed_when holds: ${verdict.because}`
      : verdict.failed
        ? String(verdict.registered['msg'] ?? 'failed')
        : `until does not hold: ${task.until?.map((one) => one.source).join(' and ') ?? ''}`;
  const { stdout, stderr } = verdict.registered as { stdout?: unknown; stderr?: unknown };
  const detail = tailOf({ stdout: textOf(stdout), stderr: textOf(stderr) });
  return taskError(new TaskError(message, { detail }), errorContext(head, unit, context), hidden(head, unit));
}

function textOf(said: unknown): string {
  return typeof said === 'string' ? said : '';
}

function view(change: Change, head: PreparedTask, unit: Unit, context: HostContext): ChangeView {
  return viewChange(change, { secrets: context.secrets, hidden: hidden(head, unit) });
}
