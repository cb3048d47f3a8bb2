import { Answers, queryKey, type Query } from '../agent/query.js';
import type { Verdict } from '../checks/check.js';
import { StoppedError } from '../agent/stopped-error.js';
import { UnreachableError, hostError } from '../errors.js';
import type { RunEvent, TaskLabel } from '../events.js';
import type { CheckTask } from '../playbook/model.js';
import { labelOfCheck, prepareCheck, type EvaluatedCheck } from './evaluate-check.js';
import type { ResolvedPlay } from './resolve-plays.js';
import { leave, type Run } from './run-state.js';
import type { PlayPlace } from './scopes.js';
import type { BecomeUser } from './session.js';
import { HIDDEN } from './shown.js';

/** Seconds between two rounds of asking. */
const PAUSE = [0.2, 0.5, 1, 2];

/** A check that is due: at the end of the run, or between two batches of a play. */
interface Ready extends EvaluatedCheck, Pick<Due, 'final' | 'tier'> {}

/** Run the checks of all plays on the hosts that are still in the run, all at the same time. */
export async function verifyPlays(plays: readonly ResolvedPlay[], run: Run): Promise<void> {
  const work = new Map<string, Due[]>();
  for (const [tier, { play, hosts }] of plays.entries()) {
    const inRun = hosts.filter((host) => run.stateOf(host).out === undefined);
    for (const [host, due] of await dueOf({ play, hosts: inRun }, play.checks, { final: true, tier }, run))
      work.set(host, [...(work.get(host) ?? []), ...due]);
  }
  if (work.size === 0) return;
  run.options.emit({ type: 'verify-start', hosts: [...work.keys()] });
  // A check is about now, whatever the tasks have asked.
  run.forget();
  await verifyAll(work, run);
}

/**
 * Run a play's checks on some of its hosts, before it goes on to others. What runs once for all hosts waits for the end: it
 * cannot hold while only some of them are done.
 * @returns whether one failed
 */
export async function verifyHosts({ play, hosts }: ResolvedPlay, run: Run): Promise<boolean> {
  const checks = play.checks.filter((check) => !check.runOnce);
  return verifyAll(await dueOf({ play, hosts }, checks, { final: false, tier: 0 }, run), run);
}

/** A check and the play that it belongs to. */
interface Due {
  readonly check: CheckTask;
  readonly place: PlayPlace;
  readonly final: boolean;
  /** the number of its play: what a play builds on comes before it */
  readonly tier: number;
}

async function dueOf(
  { play, hosts }: ResolvedPlay,
  checks: readonly CheckTask[],
  about: Pick<Due, 'final' | 'tier'>,
  run: Run,
): Promise<Map<string, Due[]>> {
  const place: PlayPlace = { play, hosts: () => hosts, batch: () => hosts };
  const only = new Map<CheckTask, string | undefined>();
  for (const check of checks) if (check.runOnce) only.set(check, await firstFor(check, hosts, place, run));
  const due = hosts.map((host): [string, Due[]] => [
    host,
    checks
      .filter((check) => !check.runOnce || only.get(check) === host)
      .map((check) => ({ check, place, ...about })),
  ]);
  return new Map(due.filter(([, list]) => list.length > 0));
}

/** The first host on which a check that runs once is wanted. What goes wrong there is told in its turn. */
async function firstFor(
  check: CheckTask,
  hosts: readonly string[],
  place: PlayPlace,
  run: Run,
): Promise<string | undefined> {
  if (check.when.length === 0) return hosts[0];
  for (const host of hosts) {
    try {
      if ((await prepareCheck(check, host, place, run)).length > 0) return host;
    } catch {
      return host;
    }
  }
  return undefined;
}

type CheckResult = Extract<RunEvent, { type: 'check-result' }>;

/** A check that does not hold, and where its line stands among the others. */
interface Failure {
  readonly tier: number;
  readonly event: CheckResult;
}

/** Those that failed are told at the end, in the order of the plays: the first of them is the nearest to the cause. */
async function verifyAll(work: ReadonlyMap<string, readonly Due[]>, run: Run): Promise<boolean> {
  const hosts = [...work.keys()];
  const failures = new Map(hosts.map((host): [string, Failure[]] => [host, []]));
  try {
    const failed = await Promise.all(
      [...work].map(([host, due]) =>
        run.limit(() => verifyHost(host, due, (failure) => failures.get(host)?.push(failure), run)),
      ),
    );
    return failed.includes(true);
  } finally {
    const inOrder = [...failures.values()].flat().sort((a, b) => a.tier - b.tier);
    for (const { event } of inOrder) run.options.emit(event);
  }
}

type Fail = (failure: Failure) => void;

/** All checks of a host go together: each round is one request. A check is asked again until it holds or its time is up. */
async function verifyHost(host: string, due: readonly Due[], fail: Fail, run: Run): Promise<boolean> {
  const state = run.stateOf(host);
  const began = run.options.now();
  const failedBefore = state.tally.checksFailed;
  try {
    const ready: Ready[] = [];
    for (const one of due) ready.push(...(await readyOf(one, host, fail, run)));
    await settleChecks(host, once(ready), fail, run);
  } catch (error) {
    leave(host, error, run);
    return true;
  } finally {
    state.busy += run.options.now() - began;
  }
  return state.tally.checksFailed > failedBefore;
}

/** The checks that can be asked; those that cannot have failed. */
async function readyOf(due: Due, host: string, fail: Fail, run: Run): Promise<Ready[]> {
  const { check, place, final, tier } = due;
  const failed = (label: TaskLabel, message: string): void =>
    report(
      host,
      { label, final, tier, hidden: false },
      { verdict: { ok: false, message }, attempts: 0, ms: 0 },
      fail,
      run,
    );
  try {
    const evaluated = await prepareCheck(check, host, place, run);
    return evaluated.flatMap((one) => {
      if (!('fault' in one)) return [{ ...one, final, tier }];
      failed(one.label, one.fault);
      return [];
    });
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    failed(labelOfCheck(check), NOT_CHECKED);
    return [];
  }
}

/** What two plays want of a host, because both have the role, is asked once. */
function once(checks: readonly Ready[]): Ready[] {
  const byKey = new Map<string, Ready>();
  for (const ready of checks) {
    const { label, check, params, on, user } = ready;
    const key = JSON.stringify([label, check.name, params, on, user]);
    if (!byKey.has(key)) byKey.set(key, ready);
  }
  return [...byKey.values()];
}

const NOT_CHECKED = 'not checked: interrupted';

async function settleChecks(host: string, checks: readonly Ready[], fail: Fail, run: Run): Promise<void> {
  const { now, sleep, interrupted } = run.options;
  const began = now();
  const last = new Map<Ready, string>();
  let open = checks;
  let round = 0;
  for (; open.length > 0 && !interrupted.aborted; round += 1) {
    if (round > 0) await sleep(PAUSE[Math.min(round, PAUSE.length) - 1] ?? 1);
    const answers = await askUnlessStopped(open, host, run);
    if (!answers) break;
    const elapsed = now() - began;
    open = open.filter((ready) => {
      const verdict = verdictOf(ready, answers(ready), host);
      last.set(ready, verdict.message);
      if (!verdict.ok && elapsed < ready.deadline * 1000) return true;
      report(host, ready, { verdict, attempts: round + 1, ms: Math.round(elapsed) }, fail, run);
      return false;
    });
  }
  // Interrupted: what did not hold by then, or was not asked, is not known to hold.
  for (const ready of open) {
    const seen = last.get(ready);
    const message = seen === undefined ? NOT_CHECKED : `interrupted, and until then: ${seen}`;
    report(
      host,
      ready,
      { verdict: { ok: false, message }, attempts: round, ms: Math.round(now() - began) },
      fail,
      run,
    );
  }
}

async function askUnlessStopped(
  open: readonly Ready[],
  host: string,
  run: Run,
): Promise<((ready: Ready) => Known) | undefined> {
  try {
    return await askFor(open, host, run);
  } catch (error) {
    if (error instanceof StoppedError) return undefined;
    throw error;
  }
}

/** What the hosts of a check have answered so far, or why one of them cannot be asked. */
type Known = ReadonlyMap<string, Answers> | string;

/** Whatever is thrown over what a host has said is the fault of this check alone. */
function verdictOf(ready: Ready, known: Known, host: string): Verdict {
  if (typeof known === 'string') return { ok: false, message: known };
  try {
    return ready.check.verdict(ready.params, known);
  } catch (error) {
    return { ok: false, message: hostError(error, host).message };
  }
}

/**
 * Ask for all checks at once: one request for each host and user. A check that wants more once it knows that (an entry to
 * read that was just written) is asked for in another round.
 */
async function askFor(checks: readonly Ready[], own: string, run: Run): Promise<(ready: Ready) => Known> {
  const known = new Map<Ready, Map<string, Answers> | string>(checks.map((ready) => [ready, new Map()]));
  for (;;) {
    const wanted = checks.flatMap((ready) => {
      try {
        return wantedBy(ready, known.get(ready) ?? new Map());
      } catch (error) {
        known.set(ready, hostError(error, own).message);
        return [];
      }
    });
    if (wanted.length === 0) return (ready) => known.get(ready) ?? 'not asked';
    const answers = await sendAll(wanted, own, run);
    for (const { ready, host, queries } of wanted) {
      const so = known.get(ready);
      const answer = answers(host, ready.user);
      if (typeof so !== 'object') continue;
      if (typeof answer === 'string') known.set(ready, answer);
      else so.set(host, joined(so.get(host), queries, answer));
    }
  }
}

interface Wanted {
  readonly ready: Ready;
  readonly host: string;
  readonly queries: readonly Query[];
}

function wantedBy(ready: Ready, known: ReadonlyMap<string, Answers> | string): Wanted[] {
  if (typeof known === 'string') return [];
  return ready.on.flatMap((host) => {
    const so = known.get(host);
    const queries = ready.check
      .queries(ready.params, so ?? new Answers(new Map()))
      .filter((query) => so?.has(query) !== true);
    return queries.length === 0 ? [] : [{ ready, host, queries }];
  });
}

function joined(before: Answers | undefined, queries: readonly Query[], answers: Answers): Answers {
  return new Answers(
    new Map([
      ...(before?.entries() ?? []),
      ...queries.map((query) => [queryKey(query), answers.passed(query)] as const),
    ]),
  );
}

/**
 * A host that cannot be asked gives its error instead of answers.
 * @throws UnreachableError when it is the one whose checks these are
 */
async function sendAll(
  wanted: readonly Wanted[],
  own: string,
  run: Run,
): Promise<(host: string, user: BecomeUser) => Answers | string> {
  const keyOf = (host: string, user: BecomeUser): string => `${host}\0${user ?? ''}`;
  const places = new Map<string, { host: string; user: BecomeUser; queries: Map<string, Query> }>();
  for (const { ready, host, queries } of wanted) {
    const key = keyOf(host, ready.user);
    const at = places.get(key) ?? { host, user: ready.user, queries: new Map<string, Query>() };
    for (const query of queries) at.queries.set(queryKey(query), query);
    places.set(key, at);
  }
  const answers = new Map<string, Answers | string>();
  await Promise.all(
    [...places].map(async ([key, { host, user, queries }]) => {
      try {
        const response = await run
          .stateOf(host)
          .session.request(user, { steps: [], queries: [...queries.values()] });
        answers.set(key, response.answers);
      } catch (error) {
        if (error instanceof StoppedError) throw error;
        if (error instanceof UnreachableError && host === own) throw error;
        answers.set(key, `${host} cannot be asked: ${hostError(error, host).message}`);
      }
    }),
  );
  return (host, user) => answers.get(keyOf(host, user)) ?? `${host} was not asked`;
}

function report(
  host: string,
  ready: Pick<Ready, 'label' | 'final' | 'tier' | 'hidden'>,
  given: { verdict: Verdict; attempts: number; ms: number },
  fail: Fail,
  run: Run,
): void {
  const { verdict, attempts, ms } = given;
  const { tally } = run.stateOf(host);
  if (!verdict.ok) tally.checksFailed += 1;
  // What held before a play went on is asked again at the end, and counted then.
  else if (ready.final) tally.checksPassed += 1;
  const message = ready.hidden ? HIDDEN : run.options.secrets.redact(verdict.message);
  const event = {
    type: 'check-result',
    host,
    task: ready.label,
    ok: verdict.ok,
    message,
    attempts,
    ms,
  } as const;
  if (verdict.ok) run.options.emit(event);
  else fail({ tier: ready.tier, event });
}
