import type { CommandAnswer } from '../query.js';
import type { PartOutput } from '../part.js';
import { splitSignal } from '../signal.js';
import { atPlace, commandCode, evalCode, limitedCode } from '../steps.js';
import type { QueryKind } from './kind.js';

/** Bytes of a program's output that are kept: it may be a file or a page. */
const KEEP = 16 * 1024 * 1024;

export const command: QueryKind<'command'> = {
  readsErrors: true,
  mayBeCut: true,
  compile: (queries) => queries.map((query) => ({ code: atPlace(query.at, commandCode(query)), keep: KEEP })),
  parse: (queries, outputs) => queries.map((_query, index) => answerOf(outputs[index])),
};

/** Probes in sh. One with a limit runs in a shell of its own, which timeout(1) can end. */
export const script: QueryKind<'script'> = {
  readsErrors: true,
  mayBeCut: true,
  compile: (queries) =>
    queries.map(({ code, args = [], stdin, env, timeout, at }) => ({
      keep: KEEP,
      code: atPlace(
        at,
        (timeout === undefined ? evalCode : limitedCode(timeout))(code, args, {
          ...(stdin === undefined ? {} : { stdin }),
          ...(env === undefined ? {} : { env }),
        }),
      ),
    })),
  parse: command.parse as unknown as QueryKind<'script'>['parse'],
};

function answerOf(output: PartOutput | undefined): CommandAnswer {
  if (!output) return { rc: 255, stdout: '', stderr: 'no answer' };
  const { signal, stderr } = splitSignal(output.rc, output.stderr.toString('utf8'));
  return {
    rc: output.rc,
    ...(signal === undefined ? {} : { signal }),
    stdout: output.stdout.toString('utf8'),
    stderr,
  };
}
