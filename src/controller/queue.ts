import { PendingValue } from '../template/scope.js';
import { ConfigurationError } from '../errors.js';
import type { Task } from '../playbook/model.js';
import type { HostValues } from './host-values.js';
import { registeredOf, registeredSkip, registeredTask } from './results.js';
import type { PreparedTask, Unit, UnitResult } from './unit.js';
import { Answers } from '../agent/query.js';

/** What stops the look-ahead at a task. */
export type Barrier =
  | { readonly kind: 'pending'; readonly pending: PendingValue }
  | { readonly kind: 'alone' }
  | { readonly kind: 'error'; readonly error: unknown };

/**
 * The tasks of a list that are prepared but not settled yet, in order. It prepares as far ahead as it is asked for and as
 * evaluation allows: reading a value that is not there yet stops it. Nothing here knows which tasks those will be.
 */
export class Queue {
  readonly #tasks: readonly Task[];
  readonly #prepare: (task: Task) => Promise<PreparedTask>;
  readonly #standsAlone: (task: Task) => boolean;
  readonly #values: HostValues;
  #next = 0;
  readonly prepared: PreparedTask[] = [];

  constructor(options: {
    tasks: readonly Task[];
    prepare: (task: Task) => Promise<PreparedTask>;
    /** tasks that are never prepared behind another one (meta, another host's run_once) */
    standsAlone: (task: Task) => boolean;
    values: HostValues;
  }) {
    this.#tasks = options.tasks;
    this.#prepare = options.prepare;
    this.#standsAlone = options.standsAlone;
    this.#values = options.values;
  }

  /** The task that would be prepared next. */
  get next(): Task | undefined {
    return this.#tasks[this.#next];
  }

  /** Leave out the next task: it was dealt with elsewhere. */
  skip(): void {
    this.#next += 1;
  }

  get head(): PreparedTask | undefined {
    return this.prepared[0];
  }

  /** The units that are not settled, in order. */
  get open(): Unit[] {
    return this.prepared.flatMap((task) => task.units.slice(task.results.length));
  }

  /** Prepare tasks until `units` are open, or something stands in the way: that is returned. */
  async fill(units: number): Promise<Barrier | undefined> {
    while (this.next && this.open.length < units) {
      const barrier = this.#standsAlone(this.next) ? ({ kind: 'alone' } as const) : await this.take();
      if (barrier) return barrier;
    }
    return undefined;
  }

  /** Prepare the next task, even one that stands alone. */
  async take(): Promise<Barrier | undefined> {
    if (!this.next) return undefined;
    try {
      const prepared = await this.#prepare(this.next);
      this.#next += 1;
      this.prepared.push(prepared);
      foreseeResults(prepared, this.#values);
      return undefined;
    } catch (error) {
      return error instanceof PendingValue ? { kind: 'pending', pending: error } : { kind: 'error', error };
    }
  }

  /** The head, which stands alone, is the next task again. */
  putBack(): void {
    this.prepared.length = 0;
    this.#next -= 1;
    this.#values.dropForeseen();
  }

  /** The head is settled. */
  shift(): void {
    this.prepared.shift();
  }

  /** What the tasks behind the head were evaluated from may have changed: they are prepared anew. */
  prepareAnew(): void {
    const head = this.prepared[0];
    if (!head) return;
    this.#next -= this.prepared.length - 1;
    this.prepared.length = 1;
    this.#values.dropForeseen();
    foreseeResults(head, this.#values);
  }

  /** Something was changed: what the host said before may not hold any more. */
  forgetAnswers(): void {
    for (const unit of this.open) if (unit.work) unit.work.answers = undefined;
  }
}

/** The error for a result that no task before this one registers. */
export function neverKnown(pending: PendingValue, task: Task): ConfigurationError {
  return new ConfigurationError(`${pending.what} is not known here`, {
    position: task.position,
    hint: 'move this task behind the one that registers it',
    cause: pending,
  });
}

/**
 * What a task will set, where that is certain without asking the host: skipped tasks, set_fact, debug, assert. Of all
 * others the registered name becomes pending.
 */
export function foreseeResults(prepared: PreparedTask, values: HostValues): void {
  const { task } = prepared;
  const certain = certainResults(prepared);
  if (!certain) {
    if (task.register !== undefined) values.await(task.register);
    return;
  }
  for (const { registered } of certain) {
    const facts = registered['ansible_facts'];
    if (typeof facts === 'object' && facts !== null) {
      for (const [name, value] of Object.entries(facts)) values.foresee(name, value);
    }
  }
  if (task.register !== undefined)
    values.foresee(task.register, registeredTask({ ...prepared, results: certain }));
}

function certainResults(prepared: PreparedTask): UnitResult[] | undefined {
  const { task } = prepared;
  if (task.until || task.failedWhen || task.changedWhen) return undefined;
  const results: UnitResult[] = [];
  for (const unit of prepared.units) {
    if (!unit.work) {
      results.push({ status: 'skipped', registered: registeredSkip(unit.skipped ?? ''), ms: 0 });
      continue;
    }
    const { resource, params, queries, local } = unit.work;
    if (queries.length > 0) return undefined;
    const answers = new Answers(local);
    try {
      if (resource.plan(params, answers).length > 0) return undefined;
      results.push({
        status: 'ok',
        registered: registeredOf(false, resource.result?.(params, answers, []) ?? {}, []),
        ms: 0,
      });
    } catch {
      // It fails when its turn comes.
      return undefined;
    }
  }
  return results;
}
