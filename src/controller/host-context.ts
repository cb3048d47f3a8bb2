import { setImmediate } from 'node:timers/promises';
import { ConfigurationError } from '../errors.js';
import type { Play, Task } from '../playbook/model.js';
import { renderValue } from '../template/render.js';
import { batchesOf } from './batches.js';
import type { HostContext } from './context.js';
import { withSums } from './file-sums.js';
import { foresee } from './foresee.js';
import { Notified } from './handlers.js';
import type { HostValues } from './host-values.js';
import { answerLocally } from './local-answers.js';
import { becomeUserOf } from './place.js';
import { placeOf } from './play-place.js';
import { prepareTask, type Preparation } from './prepare.js';
import type { ResolvedPlay } from './resolve-plays.js';
import type { RunOnce } from './run-once.js';
import type { Run } from './run-state.js';
import type { BecomeUser } from './session.js';
import type { PlayPlace } from './scopes.js';
import type { PreparedTask, Unit } from './unit.js';

/** What runs on a host in a batch of a play. */
export interface HostTurn {
  readonly play: Play;
  readonly place: PlayPlace;
  readonly runOnce: RunOnce;
  /** the plays behind it */
  readonly later: readonly ResolvedPlay[];
  /** aborted: it ends before its next task */
  readonly signal: AbortSignal;
}

/** What a host's task loop works with in a play. */
export function hostContext(host: string, given: HostTurn, run: Run): HostContext {
  const { options, scopes, stateOf } = run;
  const { play, place, runOnce } = given;
  const preparation = preparationOf(host, place, run);
  const looksAhead = given.later.some(({ hosts }) => hosts.includes(host));
  return {
    host,
    preparation,
    values: stateOf(host).values,
    foresee: () => foreseeLater(host, given, run),
    prepare: async (task) => {
      const known = await foreseen(task, { host, place, preparation }, run);
      if (known) return known;
      // Logins and answers of other hosts come first.
      await setImmediate();
      return withSums(() => prepareTask(task, preparation));
    },
    notified: new Notified(),
    maybeNotified: new Notified(),
    dealtWith: stateOf(host).dealtWith,
    reached: stateOf(host).reached,
    finished: new Set(),
    later: given.later.filter(({ hosts }) => hosts.includes(host)).map((one) => one.play),
    progress: stateOf(host).progress,
    play,
    handlers: play.handlers,
    runOnce,
    aside: run.aside,
    begin: (user) => {
      stateOf(host).session.begin(user);
      if (looksAhead) run.gatherFacts(host);
    },
    sessionOf: (name) => stateOf(name).session,
    user: becomeUserOf(play, scopes.ofHost(host), becomeOf(host, run)),
    noterOf: (handler) => noterOf(handler, { host, play, preparation }, run),
    emit: options.emit,
    secrets: options.secrets,
    tally: stateOf(host).tally,
    onChange: options.onChange ?? (() => undefined),
    onAnswered: options.check ? options.onAnswered : undefined,
    forget: run.forget,
    check: options.check,
    interrupted: given.signal,
    now: options.now,
    sleep: options.sleep,
  };
}

/** What the tasks of a play are evaluated with on a host. */
function preparationOf(host: string, place: PlayPlace, run: Run, values?: HostValues): Preparation {
  const { options, scopes } = run;
  const become = becomeOf(host, run);
  return {
    scopeFor: (task) => scopes.ofTask(host, task, place, values),
    childScope: (scope, vars) => scopes.child(scope, vars),
    placeOf: (task, scope) => ({
      host: task.delegateTo === undefined ? host : delegateOf(task, scope, run),
      user: becomeUserOf(task, scope, become),
    }),
    resources: options.resources,
    secrets: options.secrets,
    answerLocally: (query, task, scope) =>
      answerLocally(query, {
        task,
        scope,
        playbookDir: place.play.dir,
        cwd: options.cwd,
        once: run.once,
        sums: run.sums,
        trust: options.trust,
      }),
  };
}

/**
 * Who notes that a handler is due. A note counts for what its writer may do, so that is root where the play is root's, and else the user that
 * the handler will run as on this host.
 */
function noterOf(
  handler: Task,
  given: { host: string; play: Play; preparation: Preparation },
  run: Run,
): BecomeUser {
  const { host, play, preparation } = given;
  const become = becomeOf(host, run);
  const own = becomeUserOf(play, run.scopes.ofHost(host), become);
  if (own === 'root' || handler.delegateTo !== undefined) return own;
  try {
    return becomeUserOf(handler, preparation.scopeFor(handler), become);
  } catch {
    // Not known yet, or wrong: its own turn will say so.
    return own;
  }
}

/** Who a host's work is done as where neither a task nor the inventory says so. */
function becomeOf(host: string, run: Run): Parameters<typeof becomeUserOf>[2] {
  return { connection: run.connectionOf(host), commandLine: run.options.become.user };
}

/** What the plays behind this one will ask the host: then it is known, as long as nothing changes anywhere. Thought of once. */
async function foreseeLater(
  host: string,
  { later, signal }: Pick<HostTurn, 'later' | 'signal'>,
  run: Run,
): Promise<readonly Unit[]> {
  const state = run.stateOf(host);
  if (state.foresight || !run.still()) return [];
  const values = state.values.copy();
  const plays = later
    .filter(({ hosts }) => hosts.includes(host))
    .map(({ play, hosts }) => {
      const batch = batchesOf(hosts, play.serial).find((one) => one.includes(host)) ?? [host];
      const place = placeOf({ play, hosts }, batch, run);
      return { place, tasks: play.tasks, preparation: preparationOf(host, place, run, values) };
    });
  state.foresight = foresee(host, plays, { values, signal });
  return (await state.foresight).units;
}

/** A task as it was prepared ahead of its turn, where that still holds. */
async function foreseen(
  task: Task,
  now: { host: string; place: PlayPlace; preparation: Preparation },
  run: Run,
): Promise<PreparedTask | undefined> {
  const { foresight, values } = run.stateOf(now.host);
  if (!foresight || !run.still()) return undefined;
  return (await foresight).take(task, now.place, { preparation: now.preparation, values });
}

function delegateOf(task: Task, scope: ReturnType<Run['scopes']['ofHost']>, run: Run): string {
  const name = String(renderValue(task.delegateTo ?? null, scope));
  if (run.options.inventory.hosts.has(name) || name === 'localhost') return name;
  throw new ConfigurationError(`delegate_to names "${name}", which the inventory does not know`, {
    position: task.position,
  });
}
