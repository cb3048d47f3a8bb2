import { TaskError } from '../../errors.js';
import type { CommandAnswer, CommandQuery, Refused, ScriptQuery } from '../query.js';
import type { PartOutput } from '../part.js';
import { splitSignal } from '../signal.js';
import { atPlaces, commandCode, evalCode, limitedCode } from '../steps.js';
import type { QueryKind } from './kind.js';

/** Bytes of a program's output that are kept: it may be a file or a page. */
const KEEP = 16 * 1024 * 1024;

export const command: QueryKind<'command'> = {
  readsErrors: true,
  mayBeCut: true,
  compile: (queries) =>
    queries.map((query) => ({ code: atPlaces(query.at, commandCode(query)), keep: KEEP })),
  parse: (queries, outputs) => queries.map((query, index) => answerOf(query, outputs[index])),
};

/** refused_rc of owner.sh, and how what it says begins. */
const REFUSED = { rc: 97, words: 'refused: ' };

/** Probes in sh. One with a limit runs in a shell of its own, which timeout(1) can end. */
export const script: QueryKind<'script'> = {
  readsErrors: true,
  mayBeCut: true,
  compile: (queries) =>
    queries.map(({ code, args = [], stdin, env, timeout, at }) => ({
      keep: KEEP,
      code: atPlaces(
        at,
        (timeout === undefined ? evalCode : limitedCode(timeout))(code, args, {
          ...(stdin === undefined ? {} : { stdin }),
          ...(env === undefined ? {} : { env }),
        }),
      ),
    })),
  parse: command.parse as unknown as QueryKind<'script'>['parse'],
};

function answerOf(
  query: CommandQuery | ScriptQuery,
  output: PartOutput | undefined,
): CommandAnswer | Refused {
  if (!output) return { rc: 255, stdout: '', stderr: 'no answer' };
  const { signal, stderr } = splitSignal(output.rc, output.stderr.toString('utf8'));
  if (query.at !== undefined && output.rc === REFUSED.rc && stderr.startsWith(REFUSED.words))
    return notBegun(stderr.slice(REFUSED.words.length));
  return {
    rc: output.rc,
    ...(signal === undefined ? {} : { signal }),
    stdout: output.stdout.toString('utf8'),
    stderr,
  };
}

/** Where a program would have run as root and believed what is somebody else's. */
function notBegun(said: string): Refused {
  return {
    refused: new TaskError(said.split('\n')[0] ?? '', {
      hint: 'keep what root runs and makes in folders that are root’s all the way, and that nobody else may write to; or work as that user (become_user)',
    }),
  };
}
