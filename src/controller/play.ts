import { ConfigurationError, UsageError } from '../errors.js';
import { connectionOf } from '../inventory/connection.js';
import { matchHosts } from '../inventory/pattern.js';
import type { Play, Task } from '../playbook/model.js';
import { renderValue } from '../template/render.js';
import { batchesOf } from './batches.js';
import type { HostContext } from './context.js';
import { Notified } from './handlers.js';
import { flushHandlers, HostFailed, Interrupted, runNodes } from './host.js';
import { answerLocally } from './local-answers.js';
import { becomeUserOf } from './place.js';
import { renderNumber } from './prepare.js';
import { RunOnce } from './run-once.js';
import { leave, type Run } from './run.js';
import type { PlayPlace } from './scopes.js';
import { verifyHosts } from './verify.js';

/** A play and the hosts that its pattern and --limit leave. */
export interface ResolvedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
}

/**
 * Which hosts each play works on.
 * @throws ConfigurationError for a pattern that names an unknown host or group
 */
export function resolvePlays(run: Run): ResolvedPlay[] {
  const { playbook, inventory, limit } = run.options;
  const anyone = run.scopes.ofHost('localhost');
  return playbook.plays.map((play) => {
    const rendered = renderValue(play.hosts, anyone);
    const pattern = Array.isArray(rendered) ? rendered.join(',') : String(rendered);
    if (pattern === 'localhost' && !inventory.hosts.has('localhost')) return { play, hosts: ['localhost'] };
    const matched = hostsOf(pattern, play, run);
    return { play, hosts: limit ? matched.filter((host) => limit.includes(host)) : matched };
  });
}

/** An unknown name in a play's pattern is a mistake in the playbook, not on the command line. */
function hostsOf(pattern: string, play: Play, run: Run): string[] {
  try {
    return matchHosts(pattern, run.options.inventory);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ConfigurationError(error.message, { position: play.position, hint: error.hint });
  }
}

/** Run one play on its hosts that are still in the run, batch by batch. */
export async function runPlay({ play, hosts }: ResolvedPlay, run: Run): Promise<void> {
  const inRun = (host: string): boolean => run.stateOf(host).out === undefined;
  const able = hosts.filter(inRun);
  if (able.length === 0 || run.options.interrupted.aborted) return;
  run.options.emit({ type: 'play-start', play: play.name, hosts: able });
  const runOnce = new RunOnce();
  const batches = batchesOf(able, play.serial);
  for (const [index, batch] of batches.entries()) {
    const place: PlayPlace = { play, hosts: () => able.filter(inRun), batch: () => batch.filter(inRun) };
    const before = batch.map((host) => run.stateOf(host).tally.changed);
    await Promise.all(batch.map((host) => run.limit(() => runHost(host, { play, place, runOnce }, run))));
    if (run.options.interrupted.aborted) return;
    const rest = batches.slice(index + 1).flat();
    if (tooManyFailed(play, batch, run)) return stopBefore(rest, play, run);
    const changed = batch.some((host, at) => run.stateOf(host).tally.changed !== before[at]);
    // A rolling play proves a batch before it touches the next one.
    if (rest.length > 0 && changed && run.options.verify === 'after' && !run.options.check) {
      const failed = await verifyHosts({ play, hosts: batch.filter(inRun) }, run);
      if (failed) return stopBefore(rest, play, run);
    }
  }
}

/** The hosts of batches that were not begun take no further part: they are as they were. */
function stopBefore(hosts: readonly string[], play: Play, run: Run): void {
  if (hosts.length === 0) return;
  for (const host of hosts) run.stateOf(host).out ??= 'stopped';
  run.options.emit({
    type: 'warning',
    message: `the play "${play.name}" stops here; not touched: ${hosts.join(', ')}`,
  });
}

async function runHost(
  host: string,
  given: { play: Play; place: PlayPlace; runOnce: RunOnce },
  run: Run,
): Promise<void> {
  const { play, runOnce } = given;
  const began = run.options.now();
  try {
    const context = hostContext(host, given, run);
    await runNodes(play.tasks, context);
    await flushHandlers(context);
  } catch (error) {
    if (error instanceof HostFailed) run.stateOf(host).out = 'failed';
    else if (!(error instanceof Interrupted)) leave(host, error, run);
  } finally {
    runOnce.release(host);
    run.stateOf(host).busy += run.options.now() - began;
  }
}

/** What a host's task loop works with in a play. */
export function hostContext(
  host: string,
  given: { play: Play; place: PlayPlace; runOnce: RunOnce },
  run: Run,
): HostContext {
  const { options, scopes, stateOf } = run;
  const { play, place, runOnce } = given;
  const connection = connectionOf(scopes.ofHost(host), host, options.connection);
  const commandLine = options.become.user;
  const userOf = (
    task: Pick<Task, 'become' | 'becomeUser'>,
    scope: ReturnType<typeof scopes.ofHost>,
  ): string | undefined => becomeUserOf(task, scope, { connection, commandLine });
  return {
    host,
    preparation: {
      scopeFor: (task) => scopes.ofTask(host, task, place),
      childScope: (scope, vars) => scopes.child(scope, vars),
      placeOf: (task, scope) => ({
        host: task.delegateTo === undefined ? host : delegateOf(task, scope, run),
        user: userOf(task, scope),
      }),
      resources: options.resources,
      addSecret: (value) => options.secrets.add(value),
      answerLocally: (query, task, scope) => answerLocally(query, task, scope, play.dir),
    },
    values: stateOf(host).values,
    notified: new Notified(),
    handlers: play.handlers,
    runOnce,
    sessionOf: (name) => stateOf(name).session,
    user: userOf({ become: play.become, becomeUser: play.becomeUser }, scopes.ofHost(host)),
    emit: options.emit,
    secrets: options.secrets,
    tally: stateOf(host).tally,
    check: options.check,
    interrupted: options.interrupted,
    now: options.now,
    sleep: options.sleep,
  };
}

function delegateOf(task: Task, scope: ReturnType<Run['scopes']['ofHost']>, run: Run): string {
  const name = String(renderValue(task.delegateTo ?? null, scope));
  if (run.options.inventory.hosts.has(name) || name === 'localhost') return name;
  throw new ConfigurationError(`delegate_to names "${name}", which the inventory does not know`, {
    position: task.position,
  });
}

function tooManyFailed(play: Play, batch: readonly string[], run: Run): boolean {
  const failed = batch.filter((host) => run.stateOf(host).out !== undefined).length;
  if (failed === batch.length) return true;
  if (failed > 0 && play.anyErrorsFatal) return true;
  const most = renderNumber(
    play.maxFailPercentage,
    run.scopes.ofHost(batch[0] ?? ''),
    'max_fail_percentage',
    play.position,
  );
  return most !== undefined && (failed / batch.length) * 100 > most;
}
