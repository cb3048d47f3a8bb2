import { setMaxListeners } from 'node:events';
import { Command, CommanderError } from 'commander';
import { ExitCode } from './cli/exit-codes.js';
import type { Cache, Io } from './cli/io.js';
import { finalCode, surviveLostOutput } from './cli/lost-output.js';
import { sayLines } from './cli/say.js';
import { findVerb, verbs } from './cli/verbs.js';
import { version } from './cli/version.js';
import { UsageError } from './errors.js';
import { createSecrets } from './variables/secrets.js';

/** argv (without node and the script) to exit code. The only place that touches process.*. */
export async function main(argv: readonly string[], cache?: Cache): Promise<void> {
  const [interrupted, killed] = [new AbortController(), new AbortController()];
  // Every host listens to them.
  setMaxListeners(0, interrupted.signal, killed.signal);
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    cache,
    secrets: createSecrets(),
    argv,
    exitCode: ExitCode.ok,
    interrupted: interrupted.signal,
    killed: killed.signal,
  };
  onInterrupt(interrupted, killed);
  surviveLostOutput(io);
  onDefect(io);
  await run(argv, io);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // What is still open is not waited for: connections that hosts have yet to close, and V8's work on its heap.
  process.exit(finalCode(io));
}

/** What nobody has caught is told as any other defect: Node itself would print the line of the program, which is all of it. */
function onDefect(io: Io): void {
  const told = (error: unknown): void => {
    void import('./cli/print-error.js').then(({ printError }) => {
      printError(error, io);
      process.exit(ExitCode.internal);
    });
  };
  process.on('uncaughtException', told);
}

/** Resolves when all that was written has gone, or cannot. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

/** Run one command line with the given surroundings; sets `io.exitCode`. */
export async function run(argv: readonly string[], io: Io): Promise<void> {
  io.argv = argv;
  try {
    const { verb, rest } = findVerb(argv);
    if (verb === undefined) {
      await overview(io).parseAsync(rest, { from: 'user' });
      return;
    }
    const command = new Command(`provision${verb.name === 'run' ? '' : ` ${verb.name}`}`);
    tame(command, io);
    const { define } = await verb.load();
    define(command, io);
    for (const sub of command.commands) tame(sub, io);
    command.hook('preAction', (_command, action) => refuseExcess(action));
    await command.parseAsync(rest, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      io.exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
      return;
    }
    const { printError } = await import('./cli/print-error.js');
    const code = printError(error, io);
    io.exitCode = io.interrupted.aborted ? ExitCode.interrupted : code;
  }
}

function overview(io: Io): Command {
  const command = new Command('provision');
  tame(command, io);
  command
    .description('Configuration management over SSH: one connection and a few round trips a host.')
    .usage('[options] [playbook]   or   provision <command> [options]')
    .version(version(), '-V, --version', 'print the version');
  for (const verb of verbs) command.command(verb.name).description(verb.summary).allowUnknownOption();
  command.addHelpText(
    'after',
    '\n`provision <command> --help` tells the options of one; without a command it is `run`.',
  );
  return command;
}

/** Commander's own words go to the given streams and never end the process. */
function tame(command: Command, io: Io): void {
  command
    .exitOverride()
    .allowExcessArguments(true)
    .showHelpAfterError('(--help tells the options)')
    .configureOutput({
      writeOut: (lines) => sayLines(io.stdout, lines),
      writeErr: (lines) => sayLines(io.stderr, lines),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    });
}

/** @throws UsageError for words that the command has no place for, naming them */
function refuseExcess(action: Command): void {
  const { registeredArguments: places, args } = action;
  const [extra] = args.slice(places.length);
  if (extra === undefined || places.at(-1)?.variadic === true) return;
  const names = places.map((place) => (place.required ? `<${place.name()}>` : `[${place.name()}]`));
  const takes = names.length === 0 ? 'no arguments' : names.join(' ');
  throw new UsageError(`"${extra}" is one argument too many: ${fullName(action)} takes ${takes}`, {
    hint: `it was read as the ${ordinal(places.length + 1)} argument: is the name of an option missing before it, or are quotes missing around a value with blanks?`,
  });
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

function ordinal(number: number): string {
  return ['first', 'second', 'third'][number - 1] ?? `${number}th`;
}

/** First Ctrl-C or SIGTERM: stop at the next safe point. Second: stop what runs. Third: wait for nothing. */
function onInterrupt(interrupted: AbortController, killed: AbortController): void {
  const listener = (): void => {
    if (killed.signal.aborted) process.exit(ExitCode.interrupted);
    if (interrupted.signal.aborted) killed.abort();
    interrupted.abort();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  // The terminal is gone: as the first Ctrl-C, however often it is said.
  process.on('SIGHUP', () => interrupted.abort());
}
