import type { AgentResponse } from '../agent/agent.js';
import { Answers } from '../agent/query.js';
import type { Step, StepOutput } from '../agent/step.js';
import {
  MissingPrerequisiteError,
  TaskError,
  type ConfigurationError,
  type ErrorContext,
  type ProvisionError,
} from '../errors.js';
import type { ChangeView } from '../events.js';
import type { Change } from '../resources/resource.js';
import { askAll, queriesFor, takeAnswers } from './ask.js';
import { viewChange } from './changes.js';
import type { HostContext } from './context.js';
import { stepFailure } from './failure.js';
import { handlerKey, handlersFor } from './handlers.js';
import { judge } from './judge.js';
import { isTruthy, renderNumber } from './prepare.js';
import { neverChanges, probeFailure } from './probe.js';
import type { Queue } from './queue.js';
import { registeredFailure, registeredOf, registeredSkip } from './results.js';
import { HIDDEN, taskError } from './shown.js';
import type { Place, PreparedTask, Registered, Unit, UnitResult, Work } from './unit.js';

/** Seconds a task may take where it says nothing: long enough for a slow mirror, short enough that nothing hangs for ever. */
const TASK_TIMEOUT = 1800;
const RETRIES = 3;
const DELAY = 5;

export interface Settled {
  readonly result: UnitResult;
  readonly error: ProvisionError | undefined;
  /** something was done on the host */
  readonly applied: boolean;
}

/** What one try came to. */
interface Attempt {
  readonly registered: Registered;
  readonly error: ProvisionError | undefined;
  readonly changes: readonly Change[];
  readonly applied: boolean;
  /** a dry run cannot tell */
  readonly unsure: string | undefined;
  /** handlers that were noted on the host for it and not before */
  readonly marked: readonly string[];
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
    const tried = await tryUnit({ head, unit, work: unit.work, queue, ahead }, context);
    applied ||= tried.applied;
    marked.push(...tried.marked);
    const verdict = judge(task, tried.registered, (registered) =>
      context.preparation.childScope(
        unit.scope,
        task.register === undefined ? {} : { [task.register]: registered },
      ),
    );
    if (verdict.done || attempt > retries || context.check)
      return settleTried(head, unit, { tried, verdict, applied, marked, began }, context);
    context.emit({ type: 'retry', host: context.host, task: unit.label, attempt, of: retries });
    await context.sleep(delay);
    unit.work.answers = undefined;
    await askAll([unit], async (place, queries) => {
      return (await context.sessionOf(place.host).request(place.user, { steps: [], queries })).answers;
    });
  }
}

/** A unit that could not be settled by its own fault. */
export function failedUnit(
  cause: TaskError | ConfigurationError,
  head: PreparedTask,
  unit: Unit,
  context: HostContext,
): Settled {
  const error = taskError(cause, errorContext(head, unit, context), hidden(head, unit));
  const registered = registeredFailure(cause.message, undefined);
  return { result: { status: 'failed', registered }, error, applied: true };
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
    result: { status: 'skipped', registered: registeredSkip(reason) },
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
  if (verdict.failed || !verdict.done) {
    const error = tried.error ?? unmet(head, unit, verdict, context);
    const failed = { ...registered, failed: true, msg: registered['msg'] ?? error.message };
    return { result: { status: 'failed', registered: failed }, error, applied };
  }
  const status = tried.unsure !== undefined ? 'may-change' : registered.changed ? 'changed' : 'ok';
  if (status === 'changed') notify(head, context);
  // It was noted before anybody could know that nothing would change.
  else for (const key of marked) await context.sessionOf(context.host).clearMark(key);
  context.emit({
    type: 'task-result',
    host: context.host,
    task: unit.label,
    result: {
      status,
      changes: registered.changed ? tried.changes.map((change) => view(change, head, unit, context)) : [],
      reason: tried.unsure,
      message: messageOf(registered, head, unit),
      ms: Math.round(context.now() - began),
    },
  });
  return { result: { status, registered }, error: undefined, applied };
}

/** Only a module that exists to say something has a message worth a line. */
function messageOf(registered: Registered, head: PreparedTask, unit: Unit): string | undefined {
  if (unit.work?.resource.name !== 'debug') return undefined;
  if (hidden(head, unit)) return HIDDEN;
  const { msg } = registered as { msg?: unknown };
  return typeof msg === 'string' ? msg : JSON.stringify(msg, undefined, 2);
}

function notify(head: PreparedTask, context: HostContext): void {
  for (const handler of notifiedBy(head, context)) context.notified.add(handler);
}

function notifiedBy(head: PreparedTask, context: HostContext): ReturnType<typeof handlersFor> {
  return head.notify.flatMap((name) => handlersFor(name, context.handlers, head.task));
}

/** What to note on the host before the steps of a task. */
function marksOf(head: PreparedTask, context: HostContext): string[] {
  if (neverChanges(head.task)) return [];
  return notifiedBy(head, context).map(handlerKey);
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
  const detail = [stderr, stdout].flatMap((text) =>
    typeof text === 'string' && text !== '' ? text.split('\n').slice(-12) : [],
  );
  return taskError(new TaskError(message, { detail }), errorContext(head, unit, context), hidden(head, unit));
}

async function tryUnit(
  given: { head: PreparedTask; unit: Unit; work: Work; queue: Queue; ahead: number },
  context: HostContext,
): Promise<Attempt> {
  const { head, unit, work } = given;
  const { resource, params } = work;
  const answers = work.answers ?? new Answers(new Map());
  const located = (error: TaskError): ProvisionError =>
    taskError(error, errorContext(head, unit, context), hidden(head, unit));
  const nothing = { changes: [], applied: false, unsure: undefined, marked: [] };
  let changes: readonly Change[];
  try {
    changes = resource.plan(params, answers);
    if (changes.length === 0) {
      const registered = registeredOf(false, resource.result?.(params, answers, []) ?? {}, []);
      const failure = head.task.failedWhen ? undefined : probeFailure(registered);
      if (!failure) return { ...nothing, registered, error: undefined };
      return {
        ...nothing,
        registered: { ...registered, failed: true },
        error: located(failure),
      };
    }
  } catch (error) {
    if (context.check && error instanceof MissingPrerequisiteError) {
      return { ...nothing, registered: registeredOf(true, {}, []), error: undefined, unsure: error.message };
    }
    if (!(error instanceof TaskError)) throw error;
    return {
      ...nothing,
      registered: registeredFailure(error.message, undefined),
      error: located(error),
    };
  }
  if (context.check && head.task.checkMode !== false) {
    return {
      ...nothing,
      changes,
      registered: registeredOf(true, resource.result?.(params, answers, []) ?? {}, []),
      error: undefined,
    };
  }
  return applyUnit({ ...given, changes, answers }, context);
}

async function applyUnit(
  given: {
    head: PreparedTask;
    unit: Unit;
    work: Work;
    queue: Queue;
    ahead: number;
    changes: readonly Change[];
    answers: Answers;
  },
  context: HostContext,
): Promise<Attempt> {
  const { head, unit, work, queue, changes, answers } = given;
  const { resource, params, at } = work;
  context.emit({ type: 'task-start', host: context.host, task: unit.label });
  const steps = resource
    .apply(params, changes, answers)
    .map((step) => withEnvironment(step, work.environment));
  queue.forgetAnswers();
  // On the controller it may change the very files that the next tasks are made of.
  const following = isOnController(at, context) ? [] : await unitsBehind(unit, queue, given.ahead);
  const mark = marksOf(head, context);
  const marked = mark.filter((key) => !context.sessionOf(context.host).isMarked(key));
  const response = await send({ head, unit, work, steps, queries: queriesFor(following, at), mark }, context);
  const attempt = { changes, applied: true, unsure: undefined, marked };
  if (isOnController(at, context)) queue.prepareAnew();
  if (response.failed === undefined) {
    takeAnswers(following, at, response.answers);
    const registered = registeredOf(
      true,
      resource.result?.(params, answers, response.outputs) ?? {},
      response.outputs,
    );
    return { ...attempt, registered, error: undefined };
  }
  const output = response.outputs[response.failed] as StepOutput;
  const failure = stepFailure(steps[response.failed] as Step, output, {});
  const error = taskError(failure, errorContext(head, unit, context), hidden(head, unit));
  const own = resource.result?.(params, answers, response.outputs) ?? {};
  // It may have changed something before it failed, and failed_when may not count it as a failure.
  const registered = { ...own, ...registeredFailure(failure.message, output), changed: true };
  return { ...attempt, registered, error };
}

async function unitsBehind(unit: Unit, queue: Queue, most: number): Promise<Unit[]> {
  await queue.fill(most + 1);
  return queue.open.filter((one) => one !== unit).slice(0, most);
}

/** Delegated to where the playbook, its files and what lookup() reads are. */
function isOnController(at: Place, context: HostContext): boolean {
  return at.host !== context.host && context.sessionOf(at.host).isLocal;
}

async function send(
  given: {
    head: PreparedTask;
    unit: Unit;
    work: Work;
    steps: readonly Step[];
    queries: ReturnType<typeof queriesFor>;
    mark: readonly string[];
  },
  context: HostContext,
): Promise<AgentResponse> {
  const { head, unit, work, steps, queries, mark } = given;
  const { at, timeout } = work;
  const request = { steps: [...steps], queries };
  const options = {
    timeout: timeout ?? TASK_TIMEOUT,
    onLine: (_part: number, stream: 'stdout' | 'stderr', line: string): void => {
      if (!hidden(head, unit)) {
        context.emit({
          type: 'output',
          host: context.host,
          task: unit.label,
          stream,
          line,
        });
      }
    },
  };
  if (mark.length === 0) return context.sessionOf(at.host).request(at.user, request, options);
  if (at.host === context.host)
    return context.sessionOf(at.host).request(at.user, { ...request, mark }, options);
  // The note belongs to the host whose handlers will run.
  await context.sessionOf(context.host).request(context.user, { mark, steps: [], queries: [] });
  return context.sessionOf(at.host).request(at.user, request, options);
}

function withEnvironment(step: Step, environment: Readonly<Record<string, string>>): Step {
  if ((step.kind !== 'run' && step.kind !== 'script') || Object.keys(environment).length === 0) return step;
  return { ...step, env: { ...environment, ...step.env } };
}

function errorContext(head: PreparedTask, unit: Unit, context: HostContext): ErrorContext {
  return { host: context.host, task: unit.label.name, position: head.task.position };
}

function view(change: Change, head: PreparedTask, unit: Unit, context: HostContext): ChangeView {
  return viewChange(change, { secrets: context.secrets, hidden: hidden(head, unit) });
}

function hidden(head: PreparedTask, unit: Unit): boolean {
  return isTruthy(head.task.noLog, unit.scope);
}
