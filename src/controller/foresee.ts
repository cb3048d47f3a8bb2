import { setImmediate } from 'node:timers/promises';
import { PendingValue } from '../template/scope.js';
import type { Task, TaskNode } from '../playbook/model.js';
import { FactsPending } from './facts.js';
import { SumPending } from './file-sums.js';
import type { HostValues } from './host-values.js';
import { prepareTask, type Preparation } from './prepare.js';
import { foreseeResults } from './queue.js';
import type { PlayPlace } from './scopes.js';
import { watchReads, type Reads } from '../variables/scope.js';
import type { PreparedTask, Unit } from './unit.js';

/** A play whose turn has not come, and what a host's tasks of it are evaluated with. */
export interface LaterPlay {
  readonly place: PlayPlace;
  readonly tasks: readonly TaskNode[];
  readonly preparation: Preparation;
}

/** What was found out about plays to come. */
export interface Foresight {
  /** what they will ask the host; nobody settles these */
  readonly units: readonly Unit[];
  /** A task as it was prepared, with its answers, where nothing that it was made of has been set since. Each is given once. */
  take(task: Task, where: PlayPlace, now: Now): PreparedTask | undefined;
}

/** What a task would be prepared with now. */
interface Now {
  readonly preparation: Preparation;
  readonly values: HostValues;
}

/**
 * Prepare the tasks of plays to come, as far as that can be done now: with the host's facts, which are gathered where something waits for
 * them. What cannot be evaluated yet, or is wrong, is passed over: it is prepared when its turn has come, and fails then if it has to.
 * @param given values: its own to change, tasks see in it what those before them will set; signal: aborted, it looks no further
 */
export async function foresee(
  host: string,
  plays: readonly LaterPlay[],
  given: { readonly values: HostValues; readonly signal: AbortSignal },
): Promise<Foresight> {
  const tasks = plays.flatMap((play) =>
    play.tasks
      .flatMap(tasksIn)
      .filter((task) => task.module !== 'meta' && !task.runOnce)
      .map((task) => ({ task, play })),
  );
  const first = await tryAll(host, tasks, given);
  const again = first.facts && (await first.facts) ? await tryAll(host, first.passedOver, given) : undefined;
  const foreseen = [...first.foreseen, ...(again?.foreseen ?? [])];
  return {
    units: foreseen.flatMap(({ prepared }) => prepared.units.filter((unit) => asksNow(unit, host))),
    take: (task, where, now) => {
      const index = foreseen.findIndex((one) => one.prepared.task === task && one.play.place === where);
      const [one] = index === -1 ? [] : foreseen.splice(index, 1);
      return one && holds(one.reads, now.values) ? renewed(one.prepared, now.preparation) : undefined;
    },
  };
}

interface LaterTask {
  readonly task: Task;
  readonly play: LaterPlay;
}

interface Foreseen {
  readonly play: LaterPlay;
  readonly prepared: PreparedTask;
  readonly reads: Reads;
}

interface Tried {
  readonly foreseen: readonly Foreseen[];
  /** those that read what is not there yet */
  readonly passedOver: readonly LaterTask[];
  /** resolves to whether they are there; undefined: nothing waits for them */
  readonly facts: Promise<boolean> | undefined;
}

async function tryAll(
  host: string,
  tasks: readonly LaterTask[],
  { values, signal }: { readonly values: HostValues; readonly signal: AbortSignal },
): Promise<Tried> {
  const foreseen: Foreseen[] = [];
  const passedOver: LaterTask[] = [];
  let facts: Promise<boolean> | undefined;
  for (const one of tasks) {
    // Answers of hosts, and logins, come first.
    await setImmediate();
    if (signal.aborted) break;
    let tried = attempt(one);
    while (tried instanceof SumPending) {
      await tried.ready;
      tried = attempt(one);
    }
    if (tried && !(tried instanceof PendingValue)) {
      foreseeResults(tried.prepared, values);
      foreseen.push(tried);
      continue;
    }
    if (one.task.register !== undefined) values.await(one.task.register);
    if (tried) passedOver.push(one);
    if (tried instanceof FactsPending && tried.host === host)
      facts ??= tried.gather().then(
        () => true,
        () => false,
      );
  }
  return { foreseen, passedOver, facts };
}

function attempt({ task, play }: LaterTask): Foreseen | PendingValue | undefined {
  const { preparation } = play;
  const reads = watchReads(preparation.scopeFor(task));
  try {
    const prepared = prepareTask(task, preparation);
    return { play, prepared, reads: reads() };
  } catch (error) {
    reads();
    return error instanceof PendingValue ? error : undefined;
  }
}

/** What a task has read would be the same now. */
function holds({ names, changing }: Reads, values: HostValues): boolean {
  if (changing) return false;
  for (const name of names) if (values.bindings.has(name)) return false;
  return true;
}

/** The same task, to be settled: conditions on its result see what is set by then. */
function renewed(prepared: PreparedTask, { scopeFor, childScope }: Preparation): PreparedTask {
  const { task } = prepared;
  const scope = scopeFor(task);
  const units = prepared.units.map((unit) => ({
    ...unit,
    scope: prepared.loop ? childScope(scope, { [task.loopVar]: unit.item }) : scope,
  }));
  return { ...prepared, units, results: [] };
}

/** Rescue is for what fails: it is not foreseen. */
function tasksIn(node: TaskNode): Task[] {
  return node.kind === 'task' ? [node] : [...node.block, ...node.always].flatMap(tasksIn);
}

/** A new login is tried when its turn has come, and what other hosts say is theirs. */
function asksNow({ work }: Unit, host: string): boolean {
  return work !== undefined && work.at.host === host && !work.queries.some(({ kind }) => kind === 'login');
}
