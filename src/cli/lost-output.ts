import type { Writable } from 'node:stream';
import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { complain } from './say.js';

/**
 * A reader that goes away (`provision … | head`), a full disk, a terminal that was closed: hosts are worked on all the same, so the command
 * goes on to its end. That something was not shown is said once where it can be, and the exit code is not 0.
 */
export function surviveLostOutput(io: Io): void {
  let said = false;
  const lost = (name: string, error: NodeJS.ErrnoException): void => {
    loseOutput(io);
    if (said) return;
    said = true;
    complain(
      io,
      `warning: ${name} ${reasonOf(error)}: the command goes on, what it says from here on is lost; \`provision runs show last\` prints a run again`,
    );
  };
  watch(io.stdout, (error) => lost('standard output', error));
  watch(io.stderr, (error) => lost('standard error', error));
}

/** Something that was to be written is lost. A command that was well does not end with 0 then. */
export function loseOutput(io: Io): void {
  io.outputLost = true;
}

/** The exit code, once nothing more is written. */
export function finalCode(io: Io): number {
  return io.exitCode === ExitCode.ok && io.outputLost === true ? ExitCode.output : io.exitCode;
}

/** Each write that fails says so; without a listener that would end the process. */
function watch(stream: Writable, lost: (error: NodeJS.ErrnoException) => void): void {
  stream.on('error', lost);
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EPIPE') return 'was closed by whoever read it';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'cannot be written: the disk is full';
  return `cannot be written: ${message}`;
}
