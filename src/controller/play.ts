import { setMaxListeners } from 'node:events';
import type { Play } from '../playbook/model.js';
import { batchesOf } from './batches.js';
import { flushHandlers, HostFailed, Interrupted, runNodes } from './host.js';
import { hostContext, type HostTurn } from './host-context.js';
import { placeOf } from './play-place.js';
import { playOrder } from './play-order.js';
import { renderNumber } from './prepare.js';
import type { ResolvedPlay } from './resolve-plays.js';
import { RunOnce } from './run-once.js';
import { leave, type Run } from './run-state.js';
import { verifyHosts } from './verify.js';

/**
 * Run the plays, each as soon as those have ended that it has to wait for, until one ends that is fatal for the run: the others that run
 * stop at their next task.
 */
export async function runPlays(plays: readonly ResolvedPlay[], run: Run): Promise<void> {
  const order = playOrder(plays);
  const stop = new AbortController();
  const unfinished = new Set(plays);
  const turns: Promise<void>[] = [];
  let fatal: ResolvedPlay | undefined;
  for (const [index, resolved] of plays.entries()) {
    const turn = Promise.all(order[index]!.map((before) => turns[before]!)).then(async () => {
      if (stop.signal.aborted || run.options.interrupted.aborted) return;
      if ((await runPlay(resolved, plays.slice(index + 1), stop.signal, run)) === 'fatal') {
        fatal ??= resolved;
        stop.abort();
      } else if (!stop.signal.aborted) unfinished.delete(resolved);
    });
    turns.push(
      turn.catch((error: unknown) => {
        stop.abort();
        throw error;
      }),
    );
  }
  const ended = await Promise.allSettled(turns);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  if (fatal && !run.options.interrupted.aborted)
    stopBefore([...new Set([...unfinished].flatMap(({ hosts }) => hosts))], fatal.play, run);
}

/** Run one play on its hosts that are still in the run, batch by batch. */
async function runPlay(
  { play, hosts }: ResolvedPlay,
  later: readonly ResolvedPlay[],
  stop: AbortSignal,
  run: Run,
): Promise<'go on' | 'fatal'> {
  const inRun = (host: string): boolean => run.stateOf(host).out === undefined;
  const able = hosts.filter(inRun);
  if (able.length === 0) return 'go on';
  run.options.emit({ type: 'play-start', play: play.name, hosts: able });
  const runOnce = new RunOnce();
  const batches = batchesOf(able, play.serial);
  for (const [index, batch] of batches.entries()) {
    const place = placeOf({ play, hosts: able }, batch, run);
    const before = batch.map((host) => run.stateOf(host).tally.changed);
    const fatal = await runBatch(batch, { play, place, runOnce, later, stop }, run);
    if (run.options.interrupted.aborted) return 'go on';
    if (fatal) return 'fatal';
    if (stop.aborted) return 'go on';
    const rest = batches.slice(index + 1).flat();
    if (!batch.some(inRun)) {
      stopBefore(rest, play, run);
      return 'go on';
    }
    const changed = batch.some((host, at) => run.stateOf(host).tally.changed !== before[at]);
    // A rolling play proves a batch before it touches the next one.
    if (rest.length > 0 && changed && run.options.verify === 'after' && !run.options.check) {
      const failed = await verifyHosts({ play, hosts: batch.filter(inRun) }, run);
      if (failed) {
        stopBefore(rest, play, run);
        return 'go on';
      }
    }
  }
  return 'go on';
}

/** @returns whether so many hosts failed that the run ends: the others stopped at their next task */
async function runBatch(
  batch: readonly string[],
  given: Omit<HostTurn, 'signal'> & { readonly stop: AbortSignal },
  run: Run,
): Promise<boolean> {
  const stop = new AbortController();
  given.runOnce.enter(batch);
  const signal = AbortSignal.any([run.options.interrupted, given.stop, stop.signal]);
  // Every host of the batch listens to it.
  setMaxListeners(0, signal);
  await Promise.all(
    batch.map((host) =>
      run.limit(async () => {
        if (!signal.aborted) await runHost(host, { ...given, signal }, run);
        else given.runOnce.release(host);
        if (isFatal(given.play, batch, run)) stop.abort();
      }),
    ),
  );
  return stop.signal.aborted;
}

/** The hosts that are still in the run take no further part: they stay as they are. */
function stopBefore(hosts: readonly string[], play: Play, run: Run): void {
  const stopped = hosts.filter((host) => run.stateOf(host).out === undefined);
  if (stopped.length === 0) return;
  for (const host of stopped) run.stateOf(host).out = 'stopped';
  const begun = stopped.filter((host) => run.stateOf(host).busy > 0);
  const untouched = stopped.filter((host) => !begun.includes(host));
  const parts = [
    `the play "${play.name}" stops here`,
    ...(begun.length > 0 ? [`not finished: ${begun.join(', ')}`] : []),
    ...(untouched.length > 0 ? [`not touched: ${untouched.join(', ')}`] : []),
  ];
  run.options.emit({ type: 'warning', message: parts.join('; ') });
}

async function runHost(host: string, given: HostTurn, run: Run): Promise<void> {
  const { play, runOnce } = given;
  const began = run.options.now();
  try {
    const context = hostContext(host, given, run);
    await runNodes(play.tasks, context);
    await flushHandlers(context, { atEnd: true });
  } catch (error) {
    if (error instanceof HostFailed) run.stateOf(host).out = 'failed';
    else if (!(error instanceof Interrupted)) leave(host, error, run);
  } finally {
    runOnce.release(host);
    run.stateOf(host).busy += run.options.now() - began;
  }
}

function isFatal(play: Play, batch: readonly string[], run: Run): boolean {
  const failed = batch.filter((host) =>
    ['failed', 'unreachable'].includes(run.stateOf(host).out ?? ''),
  ).length;
  if (failed === 0) return false;
  if (play.anyErrorsFatal) return true;
  const most = renderNumber(
    play.maxFailPercentage,
    run.scopes.ofHost(batch[0] ?? ''),
    'max_fail_percentage',
    play.position,
  );
  return most !== undefined && (failed / batch.length) * 100 > most;
}
