import { setImmediate } from 'node:timers/promises';
import { PendingValue } from '../template/scope.js';
import type { Task, TaskNode } from '../playbook/model.js';
import { FactsPending } from './facts.js';
import type { HostValues } from './host-values.js';
import { prepareTask, type Preparation } from './prepare.js';
import { foreseeResults } from './queue.js';
import type { PreparedTask, Unit } from './unit.js';

/** What a host's tasks of a play are evaluated with, before the play's turn has come. */
export interface LaterPlay {
  readonly tasks: readonly TaskNode[];
  readonly preparation: Preparation;
}

interface LaterTask {
  readonly task: Task;
  readonly preparation: Preparation;
}

/**
 * What plays to come will ask of a host, as far as that can be told now: with the host's facts, which are gathered where something
 * waits for them. What cannot be evaluated yet, or is wrong, is passed over: each task is prepared anew when its turn has come, and fails
 * then if it has to.
 * @param values its own to change: tasks see in it what those before them will set
 * @returns units that nobody settles
 */
export async function foresee(
  host: string,
  plays: readonly LaterPlay[],
  values: HostValues,
): Promise<readonly Unit[]> {
  const tasks = plays.flatMap((play) =>
    play.tasks
      .flatMap(tasksIn)
      .filter((task) => task.module !== 'meta' && !task.runOnce)
      .map((task) => ({ task, preparation: play.preparation })),
  );
  const first = await tryAll(host, tasks, values);
  if (!first.facts || !(await first.facts)) return first.units;
  return [...first.units, ...(await tryAll(host, first.passedOver, values)).units];
}

interface Tried {
  readonly units: readonly Unit[];
  /** those that read what is not there yet */
  readonly passedOver: readonly LaterTask[];
  /** resolves to whether they are there; undefined: nothing waits for them */
  readonly facts: Promise<boolean> | undefined;
}

async function tryAll(host: string, tasks: readonly LaterTask[], values: HostValues): Promise<Tried> {
  const units: Unit[] = [];
  const passedOver: LaterTask[] = [];
  let facts: Promise<boolean> | undefined;
  for (const one of tasks) {
    // Answers of hosts, and logins, come first.
    await setImmediate();
    const prepared = await attempt(one);
    if (prepared instanceof PendingValue) {
      passedOver.push(one);
      if (one.task.register !== undefined) values.await(one.task.register);
      if (prepared instanceof FactsPending && prepared.host === host)
        facts ??= prepared.gather().then(
          () => true,
          () => false,
        );
    } else if (prepared) {
      foreseeResults(prepared, values);
      units.push(...prepared.units.filter((unit) => asksNow(unit, host)));
    }
  }
  return { units, passedOver, facts };
}

async function attempt({ task, preparation }: LaterTask): Promise<PreparedTask | PendingValue | undefined> {
  try {
    return await prepareTask(task, preparation);
  } catch (error) {
    return error instanceof PendingValue ? error : undefined;
  }
}

/** Rescue is for what fails: it is not foreseen. */
function tasksIn(node: TaskNode): Task[] {
  return node.kind === 'task' ? [node] : [...node.block, ...node.always].flatMap(tasksIn);
}

/** A new login is tried when its turn has come, and what other hosts say is theirs. */
function asksNow({ work }: Unit, host: string): boolean {
  return work !== undefined && work.at.host === host && !work.queries.some(({ kind }) => kind === 'login');
}
