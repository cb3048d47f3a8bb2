import type { AgentResponse } from '../agent/agent.js';
import { Answers } from '../agent/query.js';
import type { Step, StepOutput } from '../agent/step.js';
import { MissingPrerequisiteError, TaskError, type ErrorContext, type ProvisionError } from '../errors.js';
import type { Change, Preparation } from '../resources/resource.js';
import { askAll, queriesFor, queriesOf, takeAnswers } from './ask.js';
import type { HostContext } from './context.js';
import { stepFailure } from './failure.js';
import { handlerKey, handlersFor } from './handlers.js';
import { isTruthy } from './prepare.js';
import { neverChanges, probeFailure } from './probe.js';
import type { Queue } from './queue.js';
import { registeredFailure, registeredOf } from './results.js';
import type { BecomeUser } from './session.js';
import { reportSending } from './report-sending.js';
import { HIDDEN, taskError } from './shown.js';
import type { Place, PreparedTask, Registered, Unit, UnitChange, Work } from './unit.js';

/** Seconds a task may take where it says nothing, without what sending large files takes: long enough for a slow mirror, short enough that nothing hangs for ever. */
const TASK_TIMEOUT = 1800;

/** A handler that a change makes necessary, and the user who notes it. */
interface Note {
  readonly key: string;
  readonly by: BecomeUser;
}

/** What one try came to. */
export interface Attempt {
  readonly registered: Registered;
  readonly error: ProvisionError | undefined;
  readonly changes: readonly Change[];
  readonly applied: boolean;
  /** a dry run cannot tell */
  readonly unsure: string | undefined;
  /** a dry run left the steps out */
  readonly unapplied: boolean;
  /** handlers that were noted on the host for it and not before */
  readonly marked: readonly string[];
}

/** Plan a unit from its answers and apply what differs, once. */
export async function tryUnit(
  given: { head: PreparedTask; unit: Unit; work: Work; queue: Queue; ahead: number; attempt: number },
  context: HostContext,
): Promise<Attempt> {
  const { head, unit, work } = given;
  const { resource, params } = work;
  const located = (error: TaskError): ProvisionError =>
    taskError(error, errorContext(head, unit, context), hidden(head, unit));
  const nothing = { changes: [], applied: false, unsure: undefined, unapplied: false, marked: [] };
  const dry = head.task.checkMode ?? context.check;
  let answers = work.answers ?? new Answers(new Map());
  let changes: readonly Change[];
  let steps: readonly Step[];
  let preparation: Preparation | undefined;
  let prepared = false;
  try {
    preparation = resource.prepare?.(params, answers);
    if (preparation && !dry) {
      prepared = true;
      await prepareUnit(preparation, given, context);
      answers = work.answers ?? answers;
    }
    changes = preparation && dry ? planAsItIs(work, answers, preparation) : resource.plan(params, answers);
    if (changes.length === 0) {
      const registered = registeredOf(false, resource.result?.(params, answers, []) ?? {}, []);
      const failure = head.task.failedWhen ? undefined : probeFailure(registered);
      if (!failure) return { ...nothing, applied: prepared, registered, error: undefined };
      return {
        ...nothing,
        registered: { ...registered, failed: true },
        error: located(failure),
      };
    }
    steps = resource.apply(params, changes, answers).map((step) => withEnvironment(step, work.environment));
  } catch (error) {
    if (dry && error instanceof MissingPrerequisiteError) return unsureAttempt(error.message);
    if (!(error instanceof TaskError)) throw error;
    const output = error instanceof StepFailed ? error.output : undefined;
    return {
      ...nothing,
      applied: prepared,
      registered: { ...resource.refused?.(params, answers), ...registeredFailure(error.message, output) },
      error: located(error),
    };
  }
  if (preparation) changes = [...preparation.changes, ...changes];
  // What says for itself whether it is done in a dry run is in no plan.
  if (given.attempt === 1 && head.task.checkMode === undefined) {
    const refusal = context.onChange(unitChange({ head, unit, changes, steps, prepared }, context));
    if (refusal)
      return {
        ...nothing,
        registered: registeredFailure(refusal.message, undefined),
        error: located(refusal),
      };
  }
  if (dry) {
    return { ...nothing, changes, registered: registeredOf(true, {}, []), error: undefined, unapplied: true };
  }
  return applyUnit({ ...given, changes, steps, answers }, context);
}

/** What differs as things are. What only the preparation can tell, a dry run cannot. @throws MissingPrerequisiteError */
function planAsItIs({ resource, params }: Work, answers: Answers, { why }: Preparation): readonly Change[] {
  try {
    const changes = resource.plan(params, answers);
    if (changes.length > 0) return changes;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const reason = [error.message, ...error.detail.slice(0, 3).map((line) => line.trim())].join(': ');
    throw new MissingPrerequisiteError(`${why}; with what is there: ${reason}`);
  }
  throw new MissingPrerequisiteError(`${why}; with what is there nothing differs`);
}

/** Do what has to be done before the plan, and ask anew with the same request. It notifies nobody: nothing has changed. */
async function prepareUnit(
  { steps }: Preparation,
  { head, unit, work, queue }: { head: PreparedTask; unit: Unit; work: Work; queue: Queue },
  context: HostContext,
): Promise<void> {
  context.emit({ type: 'task-start', host: context.host, task: unit.label });
  context.forget();
  queue.forgetAnswers();
  work.answers = undefined;
  let left = steps.map((step) => withEnvironment(step, work.environment));
  await askAll([unit], async (_place, queries) => {
    const sent = left;
    left = [];
    const response = await send(
      { head, unit, work, steps: sent, queries: [...queries], notes: [], keep: [] },
      context,
    );
    const { failed } = response;
    if (failed !== undefined)
      throw new StepFailed(sent[failed] as Step, response.outputs[failed] as StepOutput);
    return response.answers;
  });
}

class StepFailed extends TaskError {
  readonly output: StepOutput;

  constructor(step: Step, output: StepOutput) {
    const { message, detail } = stepFailure(step, output, {});
    super(message, { detail });
    this.output = output;
  }
}

/** A dry run cannot tell what would come of it. */
export function unsureAttempt(unsure: string): Attempt {
  const registered = registeredOf(true, {}, []);
  return { registered, error: undefined, changes: [], applied: false, unsure, unapplied: true, marked: [] };
}

/** What a plan holds of a unit that differs. */
export function unitChange(
  given: {
    head: PreparedTask;
    unit: Unit;
    changes: readonly Change[];
    steps: readonly Step[];
    unsure?: string;
    prepared?: boolean;
  },
  context: HostContext,
): UnitChange {
  const { head, unit, changes, steps, unsure, prepared = false } = given;
  const { work } = unit;
  const asked = work && unsure === undefined ? queriesOf(work) : [];
  return {
    host: context.host,
    label: unit.label,
    position: head.task.position,
    at: work?.at ?? { host: context.host, user: context.user },
    handler: context.handlers.includes(head.task),
    unsure,
    prepared,
    // What the playbook calls no change is no state that differs.
    changes: neverChanges(head.task) ? changes.map((one) => ({ ...one, kind: 'action' as const })) : changes,
    steps,
    rests: asked.map((query) => [query, work!.answers!.passed(query)]),
    hidden: hidden(head, unit),
  };
}

async function applyUnit(
  given: {
    head: PreparedTask;
    unit: Unit;
    work: Work;
    queue: Queue;
    ahead: number;
    changes: readonly Change[];
    steps: readonly Step[];
    answers: Answers;
  },
  context: HostContext,
): Promise<Attempt> {
  const { head, unit, work, queue, changes, steps, answers } = given;
  const { resource, params, at } = work;
  context.emit({ type: 'task-start', host: context.host, task: unit.label });
  context.forget();
  queue.forgetAnswers();
  // On the controller it may change the very files that the next tasks are made of.
  const following = isOnController(at, context) ? [] : await unitsBehind(unit, queue, given.ahead);
  const { notes, keep } = marksOf(head, context);
  const marked = notes.map(({ key }) => key).filter((key) => !context.sessionOf(context.host).isMarked(key));
  const response = await send(
    { head, unit, work, steps, queries: queriesFor(following, at), notes, keep },
    context,
  );
  const attempt = { changes, applied: true, unsure: undefined, unapplied: false, marked };
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
    notes: readonly Note[];
    keep: readonly string[];
  },
  context: HostContext,
): Promise<AgentResponse> {
  const { head, unit, work, steps, queries, notes, keep } = given;
  const { at, timeout } = work;
  const request = { steps: [...steps], queries };
  const options = {
    timeout: timeout ?? TASK_TIMEOUT,
    afterSending: timeout === undefined,
    onSent: reportSending(context.now, ({ path, ...about }) =>
      context.emit({
        type: 'sending',
        host: context.host,
        task: unit.label,
        path: hidden(head, unit) ? HIDDEN : path,
        ...about,
      }),
    ),
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
  const here = at.host === context.host;
  const mark = notes.flatMap(({ key, by }) => (here && by === at.user ? [key] : []));
  // The note belongs to the host whose handlers will run, and to the user that they will run as.
  const others = notes.filter(({ key }) => !mark.includes(key));
  for (const by of new Set(others.map((note) => note.by))) {
    const keys = others.filter((note) => note.by === by).map(({ key }) => key);
    await context.sessionOf(context.host).request(by, { mark: keys, steps: [], queries: [] });
  }
  const noted = here ? { ...(mark.length > 0 ? { mark } : {}), ...(keep.length > 0 ? { keep } : {}) } : {};
  return context.sessionOf(at.host).request(at.user, { ...request, ...noted }, options);
}

function withEnvironment(step: Step, environment: Readonly<Record<string, string>>): Step {
  if ((step.kind !== 'run' && step.kind !== 'script') || Object.keys(environment).length === 0) return step;
  return { ...step, env: { ...environment, ...step.env } };
}

/** The handlers that a task notifies. */
export function notifiedBy(head: PreparedTask, context: HostContext): ReturnType<typeof handlersFor> {
  return head.notify.flatMap((name) => handlersFor(name, context.handlers, head.task));
}

/** What to note on the host before the steps of a task, and for which of these handlers to keep the files as they were. */
function marksOf(head: PreparedTask, context: HostContext): { notes: Note[]; keep: string[] } {
  const notified = neverChanges(head.task) ? [] : notifiedBy(head, context);
  return {
    notes: notified.map((handler) => ({ key: handlerKey(handler), by: context.noterOf(handler) })),
    keep: notified.filter(({ rollback }) => rollback).map(handlerKey),
  };
}

/** Where a task failed. */
export function errorContext(head: PreparedTask, unit: Unit, context: HostContext): ErrorContext {
  return { host: context.host, task: unit.label.name, position: head.task.position };
}

/** Whether no_log hides what a task does. */
export function hidden(head: PreparedTask, unit: Unit): boolean {
  return isTruthy(head.task.noLog, unit.scope);
}
