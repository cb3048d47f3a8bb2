import { ConfigurationError, TaskError, formatPosition } from '../../errors.js';
import type { Recap, RunEvent } from '../../events.js';
import type { Secrets } from '../../variables/secrets.js';
import { runPlays } from '../play.js';
import { resolvePlays, type ResolvedPlay } from '../resolve-plays.js';
import { runPlaybook, type RunOptions } from '../run.js';
import { leave, prepareRun, type Run } from '../run-state.js';
import type { UnitChange } from '../unit.js';
import { differences, identityOf } from './compare.js';
import { canonical } from './digest.js';
import { inventoryDigest } from './inventory-digest.js';
import type { HostPlan, Plan } from './plan.js';
import { createRecorder, plannedTask } from './record.js';

/**
 * Do what a plan says, and nothing else. Each host is asked again first; one where anything that the plan rests on has moved
 * is refused and left as it is.
 * @throws ConfigurationError when the plan was made for another inventory
 */
export async function applyPlan(plan: Plan, options: RunOptions): Promise<Recap> {
  if (inventoryDigest(options.inventory, plan.salt) !== plan.inventory.digest) {
    throw new ConfigurationError(
      `the plan was made for another inventory, or ${options.inventory.sources.join(', ')} has changed since`,
      { hint: 'make a new plan: provision plan -o FILE' },
    );
  }
  return runPlaybook(
    { ...options, check: false, onChange: guardOf(plan, options.secrets) },
    { before: (plays, run) => holdAgainst(plan, plays, run) },
  );
}

/**
 * Refuses what is not in the plan, and what was decided anew and came to something else. Handlers are let through: no listed change is
 * left without its own.
 */
function guardOf(plan: Plan, secrets: Secrets): (change: UnitChange) => TaskError | undefined {
  const listed = new Map(
    Object.entries(plan.hosts).map(([host, { changes }]) => [
      host,
      new Map(changes.map((one) => [identityOf(one), one])),
    ]),
  );
  return (change) => {
    const { host, label, position, at, handler, prepared } = change;
    const on = at.host === host ? {} : { on: at.host };
    const planned = listed
      .get(host)
      ?.get(identityOf({ position: formatPosition(position), task: label, ...on }));
    if (handler) return undefined;
    if (!planned)
      return new TaskError('it would change something that is not in the plan', {
        hint: 'what was done before it stays; make a new plan for the rest: provision plan -o FILE',
      });
    if (!prepared || planned.unsure !== undefined) return undefined;
    const now = plannedTask(change, plan.salt, secrets);
    if (canonical(now.changes) === canonical(planned.changes)) return undefined;
    return new TaskError('with the package lists fetched it would do something else than what is planned', {
      detail: now.changes
        .filter((one) => !planned.changes.some((other) => canonical(other) === canonical(one)))
        .map(
          ({ subject, before, after }) => `${subject}: ${before ?? 'not installed'} -> ${after ?? 'removed'}`,
        ),
      hint: 'what was done before it stays; make a new plan for the rest: provision plan -o FILE',
    });
  };
}

/**
 * Rehearse the playbook on every host, and take those out of the run where that comes to another plan. Hosts are asked what the
 * playbook asks; the run itself starts from their answers.
 */
async function holdAgainst(plan: Plan, plays: readonly ResolvedPlay[], run: Run): Promise<void> {
  const hosts = [...new Set(plays.flatMap((play) => play.hosts))];
  for (const host of hosts) refuseUnplanned(host, plan.hosts[host], run);
  const recorder = createRecorder(plan.salt, run.options.secrets);
  const rehearsal = prepareRun({
    ...run.options,
    check: true,
    verify: 'none',
    onChange: recorder.onChange,
    onAnswered: (place, queries, answers) =>
      run.stateOf(place.host).session.remember(place.user, queries, answers),
    emit: (event) => passOn(event, run),
    sessionOf: (host) => run.stateOf(host).session,
  });
  for (const host of hosts) rehearsal.stateOf(host).out = run.stateOf(host).out;
  await runPlays(resolvePlays(rehearsal), rehearsal);
  for (const host of hosts) {
    const state = run.stateOf(host);
    if (state.out !== undefined || run.options.interrupted.aborted) continue;
    const moved = differences(plan.hosts[host]?.changes ?? [], recorder.changesOf(host));
    if (moved.length > 0)
      refuse(host, 'the plan does not fit this host any more: nothing was changed', moved, run);
  }
}

/** Of the rehearsal only what goes wrong is told. */
function passOn(event: RunEvent, run: Run): void {
  if (event.type === 'host-unreachable') run.stateOf(event.host).out = 'unreachable';
  else if (event.type === 'task-failed' && event.fate === 'failed') {
    run.stateOf(event.host).out = 'failed';
    run.stateOf(event.host).tally.failed += 1;
  } else return;
  run.options.emit(event);
}

function refuseUnplanned(host: string, planned: HostPlan | undefined, run: Run): void {
  if (planned?.state === 'planned') return;
  const why =
    planned === undefined
      ? 'the plan does not hold this host'
      : `the plan is not whole: the host had ${planned.state === 'failed' ? 'failed' : 'not been reached'}`;
  refuse(host, why, [], run);
}

function refuse(host: string, message: string, detail: readonly string[], run: Run): void {
  leave(host, new TaskError(message, { host, detail, hint: 'make a new plan: provision plan -o FILE' }), run);
}
