import { ConfigurationError } from '../errors.js';
import type { Emit, HostLeft, HostRecap, Recap } from '../events.js';
import type { Inventory } from '../inventory/model.js';
import { checkSources } from './check-sources.js';
import { countTasks } from './count-tasks.js';
import { runPlays } from './play.js';
import { checkVariables } from './preflight.js';
import { resolvePlays, type ResolvedPlay } from './resolve-plays.js';
import { prepareRun, type HostState, type Run, type RunOptions } from './run-state.js';
import { shownEvent } from './shown.js';
import { verifyPlays } from './verify.js';

export type { RunOptions } from './run-state.js';

/** What else is to be done with the hosts, while they are connected. */
export interface Surroundings {
  readonly before?: (plays: readonly ResolvedPlay[], run: Run) => Promise<void>;
  readonly after?: (plays: readonly ResolvedPlay[], run: Run) => Promise<void>;
}

/**
 * Converge the hosts of a playbook and verify them.
 * @throws ConfigurationError before the first connection for what can be known then
 */
export async function runPlaybook(given: RunOptions, around: Surroundings = {}): Promise<Recap> {
  const emit: Emit = (event) => given.emit(shownEvent(event, given.secrets));
  const options = { ...given, emit };
  const began = options.now();
  const run = prepareRun(options);
  const plays = resolvePlays(run);
  const hosts = hostsOf(plays, options.inventory);
  if (hosts.length === 0) throw nobody(plays, options);
  checkVariables(plays, run);
  checkSources(plays, run);
  options.emit({
    type: 'run-start',
    playbook: options.playbook.name,
    inventory: options.inventory.sources.join(', '),
    hosts,
    check: options.check,
    tasks:
      options.verify === 'only'
        ? 0
        : plays.reduce((sum, { play, hosts: on }) => sum + on.length * countTasks(play.tasks), 0),
  });
  for (const { play, unknown } of plays) {
    if (unknown !== undefined)
      emit({ type: 'warning', message: `the play "${play.name}" is left out: ${unknown}` });
  }
  const kill = (): void => {
    for (const host of hosts) run.stateOf(host).session.kill();
  };
  options.killed?.addEventListener('abort', kill);
  try {
    await around.before?.(plays, run);
    if (options.verify !== 'only') await runPlays(plays, run);
    await around.after?.(plays, run);
    // After a dry run the hosts are as they were: there is nothing to verify.
    const verifies = options.verify === 'only' || (options.verify === 'after' && !options.check);
    if (verifies && !options.interrupted.aborted) await verifyPlays(plays, run);
    warnOfLeftOvers(hosts, run);
    if (options.interrupted.aborted) emit({ type: 'interrupted', left: leftOf(hosts, plays, run) });
  } finally {
    options.killed?.removeEventListener('abort', kill);
    await run.close();
  }
  const recap = {
    hosts: hosts.map((host) => recapOf(host, run.stateOf(host))),
    ms: Math.round(options.now() - began),
  };
  options.emit({ type: 'run-end', recap });
  return recap;
}

function nobody(plays: readonly ResolvedPlay[], { playbook, limit }: RunOptions): ConfigurationError {
  const unknown = plays.find((play) => play.unknown !== undefined)?.unknown;
  return new ConfigurationError(
    `no play of ${playbook.name} has a host here${unknown === undefined ? '' : `: ${unknown}`}`,
    {
      hint: limit
        ? 'does --limit leave the hosts of its plays?'
        : 'do the groups of the inventory have the names that its plays use?',
    },
  );
}

function hostsOf(plays: readonly ResolvedPlay[], inventory: Inventory): string[] {
  const used = new Set(plays.flatMap((play) => play.hosts));
  const known = [...inventory.hosts.keys()].filter((host) => used.has(host));
  return [...known, ...[...used].filter((host) => !inventory.hosts.has(host))];
}

/** characters of a handler's name, and how many names, that a warning shows */
const LONGEST_NAME = 200;
const MOST_NAMES = 20;

/** What is still to be done, host by host, when a run was interrupted. */
function leftOf(hosts: readonly string[], plays: readonly ResolvedPlay[], run: Run): HostLeft[] {
  if (run.options.verify === 'only') return [];
  return hosts.flatMap((host): HostLeft[] => {
    const { progress, session } = run.stateOf(host);
    const all = plays
      .filter((play) => play.hosts.includes(host))
      .reduce((sum, { play }) => sum + countTasks(play.tasks), 0);
    const tasks = Math.max(all - progress.done, 0);
    const handlers = run.options.check ? [] : [...session.markedHandlers.keys()];
    return tasks + handlers.length === 0 ? [] : [{ host, tasks, next: progress.next, handlers }];
  });
}

/** Handlers that are noted on a host and were not run: a later run has to. */
function warnOfLeftOvers(hosts: readonly string[], run: Run): void {
  if (run.options.interrupted.aborted) return;
  for (const host of hosts) {
    const { session, dealtWith, out } = run.stateOf(host);
    const noted = out === undefined || run.options.check ? session.pendingHandlers : session.markedHandlers;
    const due = [...noted].filter(([key]) => !dealtWith.has(key));
    const left = namesOf(due.map(([key]) => key)).join(', ');
    if (due.length === 0) continue;
    const at = [...new Set(due.flatMap(([, users]) => [...users].map((user) => session.noteFolder(user))))];
    const where = `noted in ${at.join(', ')}: \`provision pending\` lists them, and its --forget drops what is not needed any more`;
    const message =
      out === undefined
        ? `an earlier run left handlers that this one did not run: ${left}; the next run of a playbook that has them does (${where})`
        : `handlers are still due: ${left}; the next run comes to them behind the tasks that notify them (${where})`;
    run.options.emit({ type: 'warning', host, message });
  }
}

/** Names that stand on a host, for a message: whoever may write there may write anything. */
function namesOf(keys: readonly string[]): string[] {
  const names = keys.filter((key) => key.length <= LONGEST_NAME).slice(0, MOST_NAMES);
  const others = keys.length - names.length;
  return others === 0 ? names : [...names, `${others} more`];
}

function recapOf(host: string, state: HostState): HostRecap {
  return {
    host,
    ...state.tally,
    unreachable: state.out === 'unreachable',
    roundTrips: state.session.counters.roundTrips,
    ms: Math.round(state.busy),
  };
}
