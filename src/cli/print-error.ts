import wrapAnsi from 'wrap-ansi';
import { shownError } from '../controller/shown.js';
import { DefectError, ProvisionError, TaskError, UnreachableError, messageOf } from '../errors.js';
import { errorLines } from '../reporters/error-lines.js';
import { createPalette } from '../reporters/palette.js';
import { Text, text } from '../reporters/text.js';
import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { complain } from './say.js';

/** Say on stderr what went wrong, without a stack trace, and tell the exit code for it. */
export function printError(thrown: unknown, io: Io): number {
  const error = thrown instanceof ProvisionError ? shownError(thrown, io.secrets) : thrown;
  const palette = createPalette(io.stderr.isTTY === true, io.env);
  if (!(error instanceof ProvisionError)) {
    complain(io, text`${palette.red('error:')} ${io.secrets.redact(messageOf(error))}`);
    complain(
      io,
      text`  ${palette.cyan('try:')} this is a defect of provision; PROVISION_DEBUG=1 shows where it comes from`,
    );
    if (error instanceof Error) showStack(error, io);
    return ExitCode.internal;
  }
  const host = error.host === undefined ? '' : `${error.host}: `;
  const [first = '', ...rest] = errorLines(error, palette);
  const lines = [text`${palette.red('error:')} ${host}${first}`, ...rest];
  for (const line of lines.flatMap((one) => fitted(one, io))) complain(io, line);
  showStack(error, io);
  if (error instanceof DefectError) return ExitCode.internal;
  if (error instanceof UnreachableError) return ExitCode.unreachable;
  return error instanceof TaskError ? ExitCode.failed : ExitCode.usage;
}

function showStack({ stack = '' }: Error, io: Io): void {
  if (!io.env['PROVISION_DEBUG']) return;
  for (const line of io.secrets.redact(stack).split('\n')) complain(io, line);
}

/** On a terminal by words, what goes on indented. Elsewhere a line stays whole: it may be searched for. */
function fitted(line: Text, io: Io): Text[] {
  const width = io.stderr.isTTY === true ? (io.stderr.columns ?? 80) : Infinity;
  if (width === Infinity || width < 40) return [line];
  const [first, ...rest] = Text.wrapped(line, (one) =>
    wrapAnsi(one, width - 4, { hard: true, trim: false }).split('\n'),
  );
  return [first!.trimEnd(), ...rest.map((one) => text`    ${one.trim()}`)];
}
