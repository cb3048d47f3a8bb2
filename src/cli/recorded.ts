import { hostname } from 'node:os';
import { beginJournal, newRunId, type Journal, type RunAbout } from '../controller/journal/journal.js';
import type { Plan } from '../controller/plan/plan.js';
import type { RunOptions } from '../controller/run.js';
import { shownError } from '../controller/shown.js';
import { DefectError, ProvisionError, messageOf } from '../errors.js';
import type { Emit, Recap, RunEvent } from '../events.js';
import { createJsonReporter } from '../reporters/json.js';
import type { Secrets } from '../variables/secrets.js';
import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import type { OutputOptions } from './options.js';
import { journalRoot, openOutputs } from './outputs.js';
import { complain } from './say.js';
import { trustOf, userName } from './this-user.js';
import { version } from './version.js';

/** What a verb's run came to. */
export interface Outcome {
  readonly recap: Recap;
  readonly plan?: Plan;
  /** changes that a dry run found and that shall show in the exit code */
  readonly pending?: boolean;
}

/** What a run may use of its surroundings, for RunOptions. */
export type Told = Pick<RunOptions, 'emit' | 'lockHolder' | 'interrupted' | 'killed'>;

/**
 * Do something with hosts: tell of it as the options ask, keep it in the journal, and set the exit code. The recap and the
 * journal are written however it ends.
 */
export async function recorded(
  given: {
    readonly about: Omit<RunAbout, 'id' | 'command' | 'version' | 'by'>;
    readonly output: OutputOptions;
    readonly secrets: Secrets;
    /** what people read, if not the usual */
    readonly printer?: Emit;
  },
  io: Io,
  work: (told: Told) => Promise<Outcome>,
): Promise<Outcome> {
  const outputs = await openOutputs(given.output, io, given.printer);
  const id = newRunId(new Date());
  const by = `${userName()}@${hostname()}`;
  const about = (): RunAbout => ({
    id,
    ...given.about,
    command: io.argv.map((word) => given.secrets.redact(word)),
    version: version(),
    by,
  });
  const journal = lazyJournal(about, io);
  const emit: Emit = (event) => {
    outputs.emit(event);
    journal.emit(event);
    showDefect(event, given.secrets, io);
  };
  // A step may take minutes to end: that the wish was heard is said at once.
  const acknowledge = (): void =>
    emit({
      type: 'warning',
      message: CHANGING.includes(given.about.kind)
        ? 'interrupted: every host stops after its current step; Ctrl-C again stops that, too'
        : 'interrupted: stopping',
    });
  io.interrupted.addEventListener('abort', acknowledge, { once: true });
  let outcome: Outcome | undefined;
  try {
    outcome = await work({
      emit,
      lockHolder: `${by} (process ${process.pid}, run ${id})`,
      interrupted: io.interrupted,
      killed: io.killed,
    });
    io.exitCode = io.interrupted.aborted ? ExitCode.interrupted : exitCodeOf(outcome);
    return outcome;
  } catch (error) {
    io.exitCode = ExitCode.usage;
    throw error instanceof ProvisionError ? shownError(error, given.secrets) : error;
  } finally {
    io.interrupted.removeEventListener('abort', acknowledge);
    journal.end(outcome, io.exitCode);
    outputs.close();
  }
}

const CHANGING: readonly string[] = ['run', 'apply'];

/** Where a defect comes from that ended one host, for those who look for it. */
function showDefect(event: RunEvent, secrets: Secrets, io: Io): void {
  if (event.type !== 'task-failed' || !(event.error instanceof DefectError) || !io.env['PROVISION_DEBUG'])
    return;
  const { cause } = event.error;
  if (!(cause instanceof Error)) return;
  for (const line of secrets.redact(cause.stack ?? cause.message).split('\n')) complain(io, line);
}

/** A failed host outweighs an unreachable one, that one an unverified one, and that one a pending change. */
export function exitCodeOf({ recap, pending }: Outcome): number {
  if (recap.hosts.some((host) => host.failed > 0)) return ExitCode.failed;
  if (recap.hosts.some((host) => host.unreachable)) return ExitCode.unreachable;
  if (recap.hosts.some((host) => host.checksFailed > 0)) return ExitCode.unverified;
  return pending === true ? ExitCode.pending : ExitCode.ok;
}

/** Begun by the first event: what ends before it (a wrong file of the user) is no run. A run goes on without its journal. */
function lazyJournal(
  about: () => RunAbout,
  io: Io,
): { emit: Emit; end: (outcome: Outcome | undefined, exitCode: number) => void } {
  let journal: Journal | 'none' | undefined;
  const attempt = (work: () => void): void => {
    try {
      if (journal !== 'none') work();
    } catch (error) {
      journal = 'none';
      const why =
        error instanceof ProvisionError ? [error.message, ...error.detail].join('; ') : messageOf(error);
      complain(io, `warning: this run has no journal: ${why}`);
    }
  };
  const begin = (): Journal => {
    const root = journalRoot(io.cwd);
    trustOf(io).require(root);
    return beginJournal(root, about, () => new Date());
  };
  const to = (name: 'event' | 'lateEvent'): Emit =>
    createJsonReporter(
      (line) => {
        if (journal !== undefined && journal !== 'none') journal[name](line);
      },
      () => new Date(),
    );
  const [write, writeLate] = [to('event'), to('lateEvent')];
  return {
    emit: (event) =>
      attempt(() => {
        journal ??= begin();
        if (saysNothingNew(event)) writeLate(event);
        else write(event);
      }),
    end: (outcome, exitCode) =>
      attempt(() => {
        if (journal === undefined || journal === 'none') return;
        if (outcome?.plan) journal.plan(outcome.plan);
        journal.end({ recap: outcome?.recap, exitCode });
      }),
  };
}

/** Most events of a converged run: a call to the system for each would take longer than all that it says. */
function saysNothingNew(event: RunEvent): boolean {
  if (event.type === 'task-end') return event.status === 'ok' || event.status === 'skipped';
  return event.type === 'task-result' && (event.result.status === 'ok' || event.result.status === 'skipped');
}
