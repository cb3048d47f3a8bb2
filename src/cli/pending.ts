import { Option, type Command } from 'commander';
import type { PendingNote } from '../agent/pending-notes.js';
import { forgetOn, pendingOn, type PendingOnHost } from '../controller/pending.js';
import { shownError } from '../controller/shown.js';
import { UnreachableError, UsageError } from '../errors.js';
import { matchHosts } from '../inventory/pattern.js';
import { errorLines } from '../reporters/error-lines.js';
import { createPalette } from '../reporters/palette.js';
import { tableLines } from '../reporters/table.js';
import { text, type Part } from '../reporters/text.js';
import { didYouMean } from '../schema.js';
import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { addHostOptions, type HostOptions } from './options.js';
import { say, sayJson } from './say.js';
import { readSetup } from './setup.js';

/** Seconds that a host may take. */
const TIMEOUT = 60;

interface PendingOptions extends HostOptions {
  readonly forget: readonly string[];
  readonly format: 'human' | 'json';
}

export function define(command: Command, io: Io): void {
  command.description(
    'List the handlers that earlier runs left due: on which host, since when, noted by which user and run, and in which file. The next run of a playbook that has them runs them.',
  );
  addHostOptions(command)
    .argument('[pattern]', 'hosts: all, web*, web:!web2 …', 'all')
    .addOption(
      new Option(
        '--forget <handler>',
        'drop the notes of this handler ("role : name", or the name), and the files that were kept for it; repeatable',
      )
        .argParser((one: string, before: string[]) => [...before, one])
        .default([]),
    )
    .addOption(new Option('--format <format>', 'human, or json').choices(['human', 'json']).default('human'))
    .addHelpText(
      'after',
      "\nExamples:\n  provision pending -i prod.yaml\n  provision pending -i prod.yaml app1 --forget 'app : reload the application'",
    )
    .action(async (pattern: string, options: PendingOptions) => {
      const { base, inventory, limit, secrets } = await readSetup(options, io, { readOnly: true });
      const matched = matchHosts(pattern, inventory);
      const hosts = limit ? matched.filter((host) => limit.includes(host)) : matched;
      if (hosts.length === 0) throw new UsageError(`no host matches "${pattern}"`);
      const given = { ...base, timeout: options.timeout ?? TIMEOUT };
      const pending = await pendingOn(hosts, given);
      const palette = createPalette(io.stdout.isTTY === true, io.env);
      const complaints = (failed: readonly PendingOnHost[]): void => {
        for (const { host, error } of failed) {
          if (!error) continue;
          say(
            io,
            text`${palette.red(host)} | ${palette.red(error instanceof UnreachableError ? 'unreachable' : 'failed')}`,
          );
          for (const line of errorLines(shownError(error, secrets), palette)) say(io, text`  ${line}`);
        }
      };
      const chosen = options.forget.length === 0 ? pending : only(options.forget, pending);
      const left = options.forget.length === 0 ? [] : await forgetOn(chosen, given);
      const done = chosen.filter(({ host }) => !left.some((one) => one.host === host));
      if (options.format === 'json') sayJson(io, JSON.stringify(done.flatMap(asData)));
      else for (const line of listLines(done, options.forget.length > 0)) say(io, line);
      const failed = [...pending.filter(({ error }) => error !== undefined), ...left];
      complaints(failed);
      io.exitCode = io.interrupted.aborted ? ExitCode.interrupted : codeOf(failed);
    });
}

/** The notes of these handlers. @throws UsageError for one that no host has */
function only(names: readonly string[], pending: readonly PendingOnHost[]): PendingOnHost[] {
  const known = new Set(pending.flatMap(({ notes }) => notes.map(({ handler }) => handler)));
  const means = (name: string, handler: string): boolean =>
    handler === name || handler.endsWith(` : ${name}`);
  for (const name of names) {
    if ([...known].some((handler) => means(name, handler))) continue;
    throw new UsageError(
      `no host has a note of the handler "${name}"${didYouMean(name, known)}; nothing was dropped`,
      {
        hint: known.size === 0 ? 'nothing is due on these hosts' : `due are: ${[...known].join(', ')}`,
      },
    );
  }
  return pending
    .map(({ notes, ...rest }) => ({
      ...rest,
      notes: notes.filter(({ handler }) => names.some((name) => means(name, handler))),
    }))
    .filter(({ notes }) => notes.length > 0);
}

function listLines(pending: readonly PendingOnHost[], forgets: boolean): readonly Part[] {
  const rows = pending.flatMap(({ host, notes }) =>
    notes.map((note) => [
      host,
      note.handler,
      `${note.since.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
      note.by === undefined ? note.user : `${note.user} (${note.by})`,
      note.path,
    ]),
  );
  if (rows.length === 0) return forgets || pending.every(({ error }) => error) ? [] : ['no handler is due'];
  return [
    ...tableLines([['host', 'handler', forgets ? 'was due since' : 'due since', 'noted by', 'in'], ...rows]),
    '',
    forgets
      ? 'dropped: no run comes to them any more'
      : 'The next run of a playbook that has them runs them; --forget HANDLER drops one that is not needed any more.',
  ];
}

function asData({ host, notes }: PendingOnHost): (PendingNote & { host: string })[] {
  return notes.map((note) => ({ host, ...note }));
}

function codeOf(failed: readonly PendingOnHost[]): number {
  if (failed.length === 0) return ExitCode.ok;
  return failed.every(({ error }) => error instanceof UnreachableError)
    ? ExitCode.unreachable
    : ExitCode.failed;
}
