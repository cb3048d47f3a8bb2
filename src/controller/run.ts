import { ConfigurationError } from '../errors.js';
import type { Emit, HostRecap, Recap } from '../events.js';
import type { Inventory } from '../inventory/model.js';
import { runPlays } from './play.js';
import { checkVariables } from './preflight.js';
import { resolvePlays, type ResolvedPlay } from './resolve-plays.js';
import { prepareRun, type HostState, type Run, type RunOptions } from './run-state.js';
import { shownEvent } from './shown.js';
import { verifyPlays } from './verify.js';

export type { RunOptions } from './run-state.js';

/**
 * Converge the hosts of a playbook and verify them.
 * @throws ConfigurationError before the first connection for what can be known then
 */
export async function runPlaybook(given: RunOptions): Promise<Recap> {
  const emit: Emit = (event) => given.emit(shownEvent(event, given.secrets));
  const options = { ...given, emit };
  const began = options.now();
  const run = prepareRun(options);
  const plays = resolvePlays(run);
  const hosts = hostsOf(plays, options.inventory);
  if (hosts.length === 0) throw nobody(plays, options);
  checkVariables(plays, run);
  options.emit({
    type: 'run-start',
    playbook: options.playbook.name,
    inventory: options.inventory.sources.join(', '),
    hosts,
    check: options.check,
  });
  for (const { play, unknown } of plays) {
    if (unknown !== undefined)
      emit({ type: 'warning', message: `the play "${play.name}" is left out: ${unknown}` });
  }
  try {
    if (options.verify !== 'only') await runPlays(plays, run);
    // After a dry run the hosts are as they were: there is nothing to verify.
    const verifies = options.verify === 'only' || (options.verify === 'after' && !options.check);
    if (verifies && !options.interrupted.aborted) await verifyPlays(plays, run);
    warnOfLeftOvers(hosts, run);
    if (options.interrupted.aborted) {
      emit({
        type: 'warning',
        message: 'interrupted: each host was left behind a finished step; run again to go on',
      });
    }
  } finally {
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

function warnOfLeftOvers(hosts: readonly string[], run: Run): void {
  for (const host of hosts) {
    const { pendingHandlers } = run.stateOf(host).session;
    if (pendingHandlers.length === 0) continue;
    run.options.emit({
      type: 'warning',
      host,
      message: `an earlier run left handlers that this playbook does not run: ${pendingHandlers.join(', ')}`,
    });
  }
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
