import wrapAnsi from 'wrap-ansi';
import { DefectError, ProvisionError, TaskError, UnreachableError, messageOf } from '../errors.js';
import { errorLines } from '../reporters/error-lines.js';
import { createPalette } from '../reporters/palette.js';
import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';

/** Say on stderr what went wrong, without a stack trace, and tell the exit code for it. */
export function printError(error: unknown, io: Io): number {
  const palette = createPalette(io.stderr.isTTY === true, io.env);
  if (!(error instanceof ProvisionError)) {
    io.stderr.write(
      `${palette.red('error:')} ${messageOf(error)}\n  ${palette.cyan('try:')} this is a defect of provision; PROVISION_DEBUG=1 shows where it comes from\n`,
    );
    if (io.env['PROVISION_DEBUG'] && error instanceof Error) io.stderr.write(`${error.stack ?? ''}\n`);
    return ExitCode.internal;
  }
  const host = error.host === undefined ? '' : `${error.host}: `;
  const [first = '', ...rest] = errorLines(error, palette);
  const lines = [`${palette.red('error:')} ${host}${first}`, ...rest];
  io.stderr.write(`${lines.flatMap((line) => fitted(line, io)).join('\n')}\n`);
  if (io.env['PROVISION_DEBUG']) io.stderr.write(`${error.stack ?? ''}\n`);
  if (error instanceof DefectError) return ExitCode.internal;
  if (error instanceof UnreachableError) return ExitCode.unreachable;
  return error instanceof TaskError ? ExitCode.failed : ExitCode.usage;
}

/** On a terminal by words, what goes on indented. Elsewhere a line stays whole: it may be searched for. */
function fitted(line: string, io: Io): string[] {
  const width = io.stderr.isTTY === true ? (io.stderr.columns ?? 80) : Infinity;
  if (width === Infinity || width < 40) return [line];
  const [first = '', ...rest] = wrapAnsi(line, width - 4, { hard: true, trim: false }).split('\n');
  return [first.trimEnd(), ...rest.map((one) => `    ${one.trim()}`)];
}
