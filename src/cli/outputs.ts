import { accessSync, closeSync, constants, fchmodSync, fstatSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError, messageOf } from '../errors.js';
import type { Emit } from '../events.js';
import { createHumanReporter } from '../reporters/human.js';
import { createJsonReporter } from '../reporters/json.js';
import { createPalette } from '../reporters/palette.js';
import type { Io } from './io.js';
import { loseOutput } from './lost-output.js';
import { openTerminal } from './open-terminal.js';
import type { OutputOptions } from './options.js';
import { complain, sayJson } from './say.js';
import { trustOf } from './this-user.js';
import { writeWhole } from './write-file.js';

/** Where the events of a run go. */
export interface Outputs {
  readonly emit: Emit;
  /** Write what can be written only at the end, and close the files. */
  close(): void;
}

/**
 * Standard output and the files that the options name. That those can be written is found out before anything is done.
 * @throws UsageError
 */
export async function openOutputs(options: OutputOptions, io: Io, human?: Emit): Promise<Outputs> {
  const log = options.log === undefined ? undefined : openLog(options.log, io);
  const junit = options.junit === undefined ? undefined : await openJunit(options.junit, io);
  const emits = [
    await printer(options, io, human),
    ...(log ? [log.emit] : []),
    ...(junit ? [junit.emit] : []),
  ];
  return {
    emit: (event) => emits.forEach((emit) => emit(event)),
    close() {
      log?.close();
      junit?.close();
    },
  };
}

async function printer(options: OutputOptions, io: Io, human: Emit | undefined): Promise<Emit> {
  if (options.format === 'json')
    return createJsonReporter(
      (line) => sayJson(io, line.trimEnd()),
      () => new Date(),
    );
  if (human) return human;
  return createHumanReporter({
    out: io.stdout,
    ...(await openTerminal(io, options.quiet === true ? 'still' : 'live')),
    verbosity: options.quiet === true ? -1 : options.verbose,
    diff: options.diff === true,
  });
}

/** Everything, as text, each line with its time. For its owner's eyes: it shows the insides of files. */
function openLog(named: string, io: Io): Outputs {
  // A file that somebody else has made, or a link, would be written to as whoever made it wants.
  const { exists } = trustOf(io).require(named);
  const file = openFor('--log', named, () => openSync(resolve(io.cwd, named), exists ? 'w' : 'wx', 0o600));
  if (fstatSync(file).isFile()) fchmodSync(file, 0o600);
  const out = {
    write: unlessLost('--log', named, io, (text: string) =>
      writeFileSync(file, text.replace(/^(?=.)/gm, `${new Date().toISOString().slice(11, 23)}  `)),
    ),
  };
  const palette = createPalette(false, {});
  const emit = createHumanReporter({ out, palette, terminal: undefined, verbosity: 3, diff: true });
  return { emit, close: () => closeSync(file) };
}

async function openJunit(named: string, io: Io): Promise<Outputs> {
  const { createJunitReporter } = await import('../reporters/junit.js');
  const path = resolve(io.cwd, named);
  trustOf(io).requirePlaceOf(named);
  openFor('--junit', named, () => accessSync(dirname(path), constants.W_OK));
  const junit = createJunitReporter(() => new Date());
  return {
    emit: junit.emit,
    close: unlessLost('--junit', named, io, () => writeWhole(path, `${junit.xml()}\n`)),
  };
}

/** What cannot be written while a run is under way is said once, and seen in the exit code: the run itself goes on. */
function unlessLost<A extends unknown[]>(
  option: string,
  named: string,
  io: Io,
  write: (...args: A) => void,
): (...args: A) => void {
  let lost = false;
  return (...args) => {
    if (lost) return;
    try {
      write(...args);
    } catch (error) {
      lost = true;
      loseOutput(io);
      complain(io, `warning: ${option} ${named} cannot be written: ${messageOf(error)}`);
    }
  };
}

function openFor<T>(option: string, named: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new UsageError(`${option} ${named} cannot be written: ${messageOf(error)}`, {
      hint: 'does its folder exist?',
      cause: error,
    });
  }
}

/** Where the journal of a project is. */
export function journalRoot(cwd: string): string {
  return join(cwd, '.provision', 'runs');
}
