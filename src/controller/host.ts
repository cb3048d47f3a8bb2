import type { Answers, Query } from '../agent/query.js';
import { LockedError } from '../agent/locked-error.js';
import { StoppedError } from '../agent/stopped-error.js';
import { ConfigurationError, ProvisionError, TaskError, hostError } from '../errors.js';
import { PendingValue } from '../template/scope.js';
import type { TaskLabel, TaskStatus } from '../events.js';
import type { Block, Task, TaskNode } from '../playbook/model.js';
import { renderValue } from '../template/render.js';
import { UnknownValue } from '../template/scope.js';
import { Template } from '../template/template.js';
import { askAll, queriesOf, samePlace } from './ask.js';
import type { HostContext } from './context.js';
import { FactsPending } from './facts.js';
import { notifiedBy, unitChange } from './attempt.js';
import { handlerKey, handlersBeside, handlersFor, mayNotify } from './handlers.js';
import { isTruthy, labelOf } from './prepare.js';
import { neverChanges } from './probe.js';
import { neverKnown, Queue } from './queue.js';
import { registeredFailure, registeredOf, registeredTask, statusOf } from './results.js';
import { failedUnit, settleUnit, type Settled } from './settle.js';
import { taskError } from './shown.js';
import { exposed } from './unapplied.js';
import type { Outcome } from './run-once.js';
import type { Place, PreparedTask, Registered, Unit } from './unit.js';

/** A task failed and nothing rescued it: the host is out of the run. The event was emitted. */
export class HostFailed extends Error {
  readonly error: ProvisionError;
  readonly task: TaskLabel;
  readonly registered: Registered;

  constructor(error: ProvisionError, task: TaskLabel, registered: Registered) {
    super(error.message);
    this.error = error;
    this.task = task;
    this.registered = registered;
  }
}

/** The user asked to stop; the host was left at a safe point. */
export class Interrupted extends Error {}

/** What is thrown on purpose and is for those who called. */
function isMeant(error: unknown): boolean {
  return [ProvisionError, HostFailed, Interrupted, PendingValue].some((kind) => error instanceof kind);
}

/** How many units are asked about along with a change. It doubles while nothing else changes. */
const AFTER_CHANGE = 8;

/**
 * Run a list of tasks and blocks on one host, in order.
 * @throws HostFailed, UnreachableError, Interrupted
 */
export async function runNodes(
  nodes: readonly TaskNode[],
  context: HostContext,
  rescuable = false,
): Promise<void> {
  let tasks: Task[] = [];
  for (const node of nodes) {
    if (node.kind === 'task') {
      tasks.push(node);
      continue;
    }
    await runTasks(tasks, context, rescuable);
    tasks = [];
    await runBlock(node, context, rescuable);
  }
  await runTasks(tasks, context, rescuable);
}

async function runBlock(block: Block, context: HostContext, rescuable: boolean): Promise<void> {
  try {
    await runNodes(block.block, context, rescuable || block.rescue.length > 0);
  } catch (error) {
    if (!(error instanceof HostFailed) || block.rescue.length === 0) throw error;
    context.values.settle('ansible_failed_task', { name: error.task.name, action: error.task.module });
    context.values.settle('ansible_failed_result', error.registered);
    await runNodes(block.rescue, context, rescuable);
  } finally {
    if (!context.interrupted.aborted) await runNodes(block.always, context, rescuable);
  }
}

async function runTasks(tasks: readonly Task[], context: HostContext, rescuable: boolean): Promise<void> {
  const queue = new Queue({
    tasks,
    prepare: async (task) => {
      const prepared = await context.prepare(task);
      logInFor(prepared, context);
      return prepared;
    },
    standsAlone: (task) => task.module === 'meta' || task.runOnce,
    values: context.values,
  });
  let reach = Infinity;
  try {
    for (;;) {
      const settled = queue.head;
      if (settled && settled.results.length === settled.units.length) {
        finishTask(settled, context);
        queue.shift();
        continue;
      }
      if (context.interrupted.aborted) {
        context.progress.next ??= nextName(queue);
        throw new Interrupted();
      }
      const head = queue.head ?? (await advance(queue, context, reach, rescuable));
      if (!head) return;
      const unit = head.units[head.results.length];
      if (!unit) continue;
      const asks = unit.work !== undefined && !unit.work.answers;
      const { result, applied, error } = await settleNext(head, unit, queue, reach, context);
      if (asks) reach *= 2;
      if (applied) reach = AFTER_CHANGE;
      head.results.push(result);
      if (error) failTask(head, error, context, rescuable);
    }
  } catch (error) {
    if (error instanceof StoppedError) {
      context.progress.next ??= nextName(queue);
      throw new Interrupted();
    }
    if (isMeant(error)) throw error;
    const { head, next } = queue;
    const label = head ? head.label : next && { name: nextName(queue) };
    throw hostError(error, context.host, {
      task: label?.name,
      position: (head?.task ?? next)?.position,
    });
  } finally {
    context.values.dropForeseen();
  }
}

/** The host is certain to be asked: it logs in while the other tasks are still being prepared. */
function logInFor({ units }: PreparedTask, context: HostContext): void {
  const first = units.find(({ work }) => work !== undefined && work.queries.length > 0)?.work?.at;
  if (first?.host === context.host) context.begin(first.user);
}

function nextName(queue: Queue): string | undefined {
  const label = queue.head?.label;
  const name = label?.name ?? queue.next?.name ?? queue.next?.module;
  if (name === undefined) return undefined;
  const role = label?.role ?? queue.next?.role?.name;
  return `${role === undefined ? '' : `${role} : `}${name instanceof Template ? name.source : String(name)}`;
}

/** Ask what has to be asked for a unit, and settle it. What is the task's own fault is its result. */
async function settleNext(
  head: PreparedTask,
  unit: Unit,
  queue: Queue,
  reach: number,
  context: HostContext,
): Promise<Settled> {
  try {
    if (unit.work && !unit.work.answers) {
      await askAhead(queue, reach, unit.work.at, context);
    }
    return await settleUnit(head, unit, queue, AFTER_CHANGE, context);
  } catch (error) {
    if (!isFaultOfTask(error)) throw error;
    return failedUnit(error, head, unit, context);
  }
}

/** An undefined variable, a wrong type, a user that cannot be become, a step that took too long. */
function isFaultOfTask(error: unknown): error is TaskError | ConfigurationError {
  if (error instanceof LockedError) return false;
  return error instanceof TaskError || error instanceof ConfigurationError;
}

/**
 * Ask what the tasks ahead want to know and, the first time, what later plays will: their tasks, prepared anew when their turn has come,
 * find the answers where they ask. Facts that something waits for come first, so that the rest can be asked all at once.
 */
async function askAhead(queue: Queue, reach: number, now: Place, context: HostContext): Promise<void> {
  const barrier = await queue.fill(reach);
  const facts =
    barrier?.kind === 'pending' && barrier.pending instanceof FactsPending
      ? barrier.pending.gather()
      : undefined;
  facts?.catch(() => undefined);
  const later = await context.foresee();
  if (facts) {
    await facts;
    await queue.fill(reach);
  }
  await askAll([...queue.open.slice(0, reach), ...later], (place, queries) =>
    ask(place, queries, now, context),
  );
  for (const { work } of later) {
    if (work?.answers) context.sessionOf(work.at.host).remember(work.at.user, queriesOf(work), work.answers);
  }
}

/** Looking ahead may meet a user that an earlier task is still to create: only the place whose turn it is has to answer. */
async function ask(
  place: Place,
  queries: readonly Query[],
  now: Place | undefined,
  context: HostContext,
): Promise<Answers | undefined> {
  try {
    return (await context.sessionOf(place.host).request(place.user, { steps: [], queries })).answers;
  } catch (error) {
    if (error instanceof TaskError && now && !samePlace(place, now)) return undefined;
    throw error;
  }
}

/** Prepare the next tasks; deal with what cannot be prepared behind another one. Undefined at the end of the list. */
async function advance(
  queue: Queue,
  context: HostContext,
  reach: number,
  rescuable: boolean,
): Promise<PreparedTask | undefined> {
  for (;;) {
    const task = queue.next;
    if (!task) return undefined;
    if (task.module === 'meta') {
      queue.skip();
      await runMeta(task, context, rescuable);
      continue;
    }
    try {
      const head = await takeNext(task, queue, context, reach);
      if (head) return head;
    } catch (error) {
      if (error instanceof UnknownValue) mayChange(task, error.message, context);
      else if (isFaultOfTask(error)) failUnprepared(task, error, context, rescuable);
      else throw error;
      queue.skip();
    }
  }
}

async function takeNext(
  task: Task,
  queue: Queue,
  context: HostContext,
  reach: number,
): Promise<PreparedTask | undefined> {
  if (task.runOnce && !(await isMine(task, queue, context))) return undefined;
  const barrier = task.runOnce ? await queue.take() : await queue.fill(reach);
  if (task.runOnce && queue.head?.units.every((unit) => unit.skipped !== undefined)) {
    const outcome = await context.aside(context.runOnce.pass(task, context.host));
    if (outcome) {
      queue.putBack();
      takeOver(task, outcome, queue, context);
      return undefined;
    }
  }
  if (queue.head) return queue.head;
  if (barrier?.kind === 'error') throw barrier.error;
  if (barrier?.kind !== 'pending') return undefined;
  const { pending } = barrier;
  if (pending instanceof UnknownValue) throw pending;
  if (pending instanceof FactsPending) await pending.gather();
  else if (pending.ready) await pending.ready;
  else throw neverKnown(pending, task);
  return undefined;
}

/** Whether this host runs a run_once task. If another one does, its result is waited for and taken over. */
async function isMine(task: Task, queue: Queue, context: HostContext): Promise<boolean> {
  const claim = context.runOnce.claim(task, context.host);
  if (!claim) return true;
  await claim.settled;
  if (claim.outcome) takeOver(task, claim.outcome, queue, context);
  return false;
}

/** The next task was run by another host: its result is this one's, too. @throws TaskError when it failed there */
function takeOver(task: Task, outcome: Outcome, queue: Queue, context: HostContext): void {
  if ('failedOn' in outcome)
    throw new TaskError(`the task runs once, on ${outcome.failedOn}, and failed there`);
  queue.skip();
  if (task.register !== undefined) context.values.settle(task.register, outcome.registered);
  context.tally.ok += 1;
  endTask(task, labelOf(task, context.preparation.scopeFor(task)), { status: 'ok', ms: 0 }, context);
}

async function runMeta(task: Task, context: HostContext, rescuable: boolean): Promise<void> {
  const action = String(renderValue(task.args, context.preparation.scopeFor(task)));
  if (action === 'flush_handlers') await flushHandlers(context, { rescuable });
}

/**
 * Run the handlers that are due, and those that their tasks notify in turn.
 * @param how.atEnd no task of the play is to come
 */
export async function flushHandlers(
  context: HostContext,
  how: { readonly rescuable?: boolean; readonly atEnd?: boolean } = {},
): Promise<void> {
  const { rescuable = false, atEnd = false } = how;
  const session = context.sessionOf(context.host);
  const runs = new Map<Task, number>();
  await readNotes(context);
  for (;;) {
    const [handler] = context.notified.due(context.handlers, (one) => isLeftOver(one, context, atEnd));
    if (!handler) break;
    const before = runs.get(handler) ?? 0;
    // No chain of handlers comes to one of them more often than there are handlers.
    if (before > context.handlers.length) failUnprepared(handler, circleOf(runs), context, rescuable);
    runs.set(handler, before + 1);
    context.notified.delete(handler);
    context.maybeNotified.delete(handler);
    try {
      await runTasks([handler], context, rescuable);
    } catch (error) {
      if (error instanceof HostFailed && handler.rollback) await rollBack(handler, context);
      throw error;
    }
    if (context.check) context.dealtWith.add(handlerKey(handler));
    else await session.clearMark(handlerKey(handler));
  }
  for (const handler of context.maybeNotified.due(context.handlers)) {
    context.maybeNotified.delete(handler);
    mayChange(handler, 'a task that notifies it may change something', context);
  }
}

/** What an earlier run has noted as users that this one has not worked as yet. A host that was asked nothing is left alone. */
async function readNotes(context: HostContext): Promise<void> {
  const session = context.sessionOf(context.host);
  if (!session.begun) return;
  for (const user of new Set(context.handlers.map(context.noterOf))) {
    try {
      await session.readMarks(user);
    } catch (error) {
      // A user that is not there has noted nothing.
      if (!(error instanceof TaskError)) throw error;
    }
  }
}

/**
 * Whether an earlier run did not come to a handler. A note counts for what its writer may do: only one of the user that the handler runs
 * as, since others could have it run as somebody else at will.
 */
function isLeftOver(handler: Task, context: HostContext, atEnd: boolean): boolean {
  const key = handlerKey(handler);
  if (context.dealtWith.has(key)) return false;
  const noted = context.sessionOf(context.host).pendingHandlers.get(key);
  return noted?.has(context.noterOf(handler)) === true && hasItsTurn(handler, context, atEnd);
}

/**
 * A handler of an earlier run has its turn where that run would have come to it: behind a task that notifies it. Before, the host is as
 * the run left it that was broken off, and what is to come may be what mends it. Where no such task is to come, there is nothing to
 * wait for.
 */
function hasItsTurn(handler: Task, context: HostContext, atEnd: boolean): boolean {
  const { play, later, reached, finished } = context;
  const key = handlerKey(handler);
  if (reached.has(key)) return true;
  const here = !atEnd && mayNotify(key, play, finished);
  return !here && !later.some((one) => mayNotify(key, one));
}

/**
 * A handler has shown that a change is no good: put the files back that were written for it, and run it again, and with it
 * those that answer to the same change, so that the service runs with what is on the disk.
 */
async function rollBack(failed: Task, context: HostContext): Promise<void> {
  const session = context.sessionOf(context.host);
  const warn = (message: string): void =>
    context.emit({ type: 'warning', host: context.host, message: `${handlerKey(failed)}: ${message}` });
  try {
    const files = await session.restoreKept(handlerKey(failed));
    if (files.length === 0) return;
    warn(`it failed, so ${files.join(', ')} ${files.length === 1 ? 'is' : 'are'} put back as before`);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    warn(`it failed, and the files could not be put back: ${[error.message, ...error.detail].join(': ')}`);
    return;
  }
  const again = handlersBeside(failed, context.handlers);
  try {
    for (const handler of again) await runTasks([handler], context, false);
  } catch (error) {
    if (!(error instanceof HostFailed)) throw error;
    warn('it fails with the files of before, too: look at the host');
    return;
  }
  for (const handler of again) {
    context.notified.delete(handler);
    await session.clearMark(handlerKey(handler));
  }
}

function circleOf(runs: ReadonlyMap<Task, number>): ConfigurationError {
  const circle = [...runs].filter(([, count]) => count > 1).map(([handler]) => handler);
  return new ConfigurationError(
    `these handlers notify each other without end: ${circle.map(handlerKey).join(', ')}`,
    { position: circle[0]?.position, hint: 'Let one of them change something only when it has to.' },
  );
}

function finishTask(head: PreparedTask, context: HostContext): void {
  const { task } = head;
  const registered = registeredTask(head);
  const status = statusOf(head.results);
  if (status === 'skipped') context.tally.skipped += 1;
  else if (status !== 'failed') context.tally.ok += 1;
  if (status === 'changed') context.tally.changed += 1;
  if (status === 'may-change') context.tally.mayChange += 1;
  for (const { registered: one } of head.results) {
    const facts = one['ansible_facts'];
    if (typeof facts === 'object' && facts !== null) {
      for (const [name, value] of Object.entries(facts)) context.values.settle(name, value);
    }
  }
  if (status !== 'skipped')
    for (const handler of notifiedBy(head, context)) context.reached.add(handlerKey(handler));
  if (task.register !== undefined) context.values.settle(task.register, registered);
  if (task.runOnce) context.runOnce.settle(task, context.host, { registered });
  if (head.units.length === 0) {
    context.emit({
      type: 'task-result',
      host: context.host,
      task: head.label,
      result: { status: 'skipped', changes: [], reason: 'the loop is empty', ms: 0 },
    });
  }
  const ms = head.results.reduce((sum, result) => sum + result.ms, 0);
  endTask(task, head.label, { status, ms }, context);
}

function endTask(
  task: Task,
  label: TaskLabel,
  end: { status: TaskStatus; ms: number },
  context: HostContext,
): void {
  const handler = context.handlers.includes(task);
  context.finished.add(task);
  if (!handler) context.progress.done += 1;
  context.emit({
    type: 'task-end',
    host: context.host,
    task: handler ? { ...label, handler } : label,
    ...end,
  });
}

function failTask(head: PreparedTask, error: ProvisionError, context: HostContext, rescuable: boolean): void {
  const label = head.units[head.results.length - 1]?.label ?? head.label;
  const ms = head.results.reduce((sum, result) => sum + result.ms, 0);
  fail({ task: head.task, label, error, registered: registeredTask(head), ms }, context, rescuable);
}

/** A dry run cannot evaluate it: it depends on what an earlier, unapplied change would bring. */
function mayChange(task: Task, reason: string, context: HostContext): void {
  const scope = context.preparation.scopeFor(task);
  const label = labelOf(task, scope);
  if (cannotChange(task, context)) return notKnown(task, label, reason, context);
  const registered = registeredOf(true, {}, []);
  context.tally.ok += 1;
  context.tally.mayChange += 1;
  const unit = { label, item: undefined, scope, skipped: undefined, work: undefined };
  const head = { task, label, loop: false, units: [unit], skipped: undefined, notify: [], results: [] };
  context.onChange(unitChange({ head, unit, changes: [], steps: [], unsure: reason }, context));
  context.emit({
    type: 'task-result',
    host: context.host,
    task: label,
    result: { status: 'may-change', changes: [], reason, ms: 0 },
  });
  endTask(task, label, { status: 'may-change', ms: 0 }, context);
  for (const name of task.notify)
    if (typeof name === 'string')
      for (const handler of handlersFor(name, context.handlers, task)) {
        context.maybeNotified.add(handler);
        context.reached.add(handlerKey(handler));
      }
  settleUnapplied(task, { status: 'may-change', registered, unapplied: true }, context);
}

/** A message, an assertion, a command that calls itself no change: whatever it turns out to be, nothing is changed by it. */
function cannotChange(task: Task, { preparation }: HostContext): boolean {
  const never = preparation.resources.get(task.module)?.changes === 'never';
  return (never && task.changedWhen === undefined) || neverChanges(task);
}

function notKnown(task: Task, label: TaskLabel, reason: string, context: HostContext): void {
  const registered = registeredOf(false, {}, []);
  context.tally.ok += 1;
  context.emit({
    type: 'task-result',
    host: context.host,
    task: label,
    result: { status: 'ok', changes: [], message: `(not known in a dry run: ${reason})`, ms: 0 },
  });
  endTask(task, label, { status: 'ok', ms: 0 }, context);
  const names = task.module === 'set_fact' ? Object.keys(task.args as Record<string, unknown>) : [];
  for (const name of names) context.values.settleUnknown(name, `the variable "${name}"`);
  settleUnapplied(task, { status: 'ok', registered, unapplied: true }, context);
}

/** What it registers is not known; the other hosts of a run_once do not wait for it. */
function settleUnapplied(task: Task, result: Parameters<typeof exposed>[1], context: HostContext): void {
  const registered = exposed(task.register ?? '', result);
  if (task.register !== undefined) context.values.settle(task.register, registered);
  if (task.runOnce) context.runOnce.settle(task, context.host, { registered });
}

/** It could not even be evaluated. */
function failUnprepared(
  task: Task,
  cause: TaskError | ConfigurationError,
  context: HostContext,
  rescuable: boolean,
): void {
  const scope = context.preparation.scopeFor(task);
  const label = labelOf(task, scope);
  const where = { host: context.host, task: label.name, position: task.position };
  const error = taskError(cause, where, isTruthy(task.noLog, scope));
  const registered = registeredFailure(error.message, undefined);
  fail({ task, label, error, registered, ms: 0 }, context, rescuable);
  endTask(task, label, { status: 'failed', ms: 0 }, context);
  if (task.register !== undefined) context.values.settle(task.register, registered);
  if (task.runOnce) context.runOnce.settle(task, context.host, { registered });
}

/** Report a failure. @throws HostFailed unless it is ignored */
function fail(
  given: { task: Task; label: TaskLabel; error: ProvisionError; registered: Registered; ms: number },
  context: HostContext,
  rescuable: boolean,
): void {
  const { task, label, error, registered } = given;
  const ignored = isTruthy(task.ignoreErrors, context.preparation.scopeFor(task));
  const fate = ignored ? 'ignored' : rescuable ? 'rescued' : 'failed';
  context.emit({ type: 'task-failed', host: context.host, task: label, error, fate });
  // Of a loop the other items are still to come; what is ignored is registered when all are done.
  if (ignored) return;
  if (task.register !== undefined) context.values.settle(task.register, registered);
  if (fate === 'failed') context.tally.failed += 1;
  if (task.runOnce) context.runOnce.settle(task, context.host, { failedOn: context.host });
  endTask(task, label, { status: 'failed', ms: given.ms }, context);
  throw new HostFailed(error, label, registered);
}
