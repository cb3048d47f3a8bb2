import type { Command } from 'commander';
import { findRun, pastEvents, pastRuns, type PastRun } from '../controller/journal/read.js';
import { ConfigurationError, TaskError, UnreachableError, type ErrorContext } from '../errors.js';
import type { HostRecap, RunEvent } from '../events.js';
import { createHumanReporter } from '../reporters/human.js';
import { tableLines } from '../reporters/table.js';
import type { Part } from '../reporters/text.js';
import type { Io } from './io.js';
import { openTerminal } from './open-terminal.js';
import { journalRoot } from './outputs.js';
import { say, sayJson } from './say.js';
import { trustOf } from './this-user.js';

interface ShowOptions {
  readonly verbose: number;
  readonly diff?: boolean;
  readonly format: string;
}

export function define(command: Command, io: Io): void {
  command.description(
    'Past runs of this folder, newest last. They are kept in .provision/runs; the oldest go.',
  );
  command.action(() => {
    for (const line of listLines(pastRuns(ownJournal(io)))) say(io, line);
  });
  command
    .command('show')
    .description('print a past run again')
    .argument('<id>', 'of a run, or its beginning; `last` is the newest')
    .option('-D, --diff', 'show the differences of files')
    .option('-v, --verbose', 'tell more; up to -vvv', (_value: string, before: number) => before + 1, 0)
    .option('--format <format>', 'human, or json: the events as they are kept', 'human')
    .action((name: string, options: ShowOptions) => show(name, options, io));
}

/** @throws ConfigurationError where others could have written it */
function ownJournal(io: Io): string {
  const root = journalRoot(io.cwd);
  trustOf(io).require(root);
  return root;
}

function listLines(runs: readonly PastRun[]): readonly Part[] {
  if (runs.length === 0) return ['there is no run yet'];
  const heads = ['id', 'what', 'playbook', 'hosts', 'changed', 'failed', 'exit', 'by'];
  const rows = [heads];
  for (const { record, recap } of runs) {
    const hosts = recap?.hosts ?? [];
    const count = (of: (host: HostRecap) => boolean): string =>
      recap ? String(hosts.filter(of).length) : '?';
    rows.push([
      record.id,
      record.kind,
      record.playbook,
      recap ? String(hosts.length) : '?',
      count(({ changed, mayChange }) => changed + mayChange > 0),
      count(({ failed, unreachable, checksFailed }) => failed > 0 || unreachable || checksFailed > 0),
      record.exitCode === undefined ? 'killed' : String(record.exitCode),
      record.by,
    ]);
  }
  return tableLines(rows);
}

async function show(name: string, options: ShowOptions, io: Io): Promise<void> {
  const root = ownJournal(io);
  const events = pastEvents(root, findRun(root, name));
  if (options.format === 'json') {
    for (const event of events) sayJson(io, JSON.stringify(event));
    return;
  }
  const report = createHumanReporter({
    out: io.stdout,
    ...(await openTerminal(io, 'still')),
    verbosity: options.verbose,
    diff: options.diff === true,
  });
  for (const event of events) report(revive(event));
  if (events.at(-1)?.['type'] === 'run-end') return;
  say(io, '');
  say(io, '  this run was killed before it came to its end, or still goes on');
}

/** An event from its line: errors are errors again. */
function revive({ error, ...event }: Record<string, unknown>): RunEvent {
  if (error === undefined) return event as unknown as RunEvent;
  const { kind, message, position, ...rest } = error as Record<string, unknown>;
  const place = /^(.*):(\d+):(\d+)$/.exec(String(position));
  const context = {
    ...rest,
    ...(place ? { position: { file: place[1], line: Number(place[2]), col: Number(place[3]) } } : {}),
  } as ErrorContext;
  const Kind =
    kind === 'UnreachableError'
      ? UnreachableError
      : kind === 'ConfigurationError'
        ? ConfigurationError
        : TaskError;
  return { ...event, error: new Kind(String(message), context) } as unknown as RunEvent;
}
