import { TaskError } from '../../errors.js';
import type { Refused, SumAnswer, SumQuery } from '../query.js';
import type { PartOutput } from '../part.js';
import { quoteAll } from '../quote.js';
import { pathWord, textOf, type QueryKind } from './kind.js';
import { refusal, touchedBy } from './owners.js';
import { sumWithin } from '../limits.js';

/** Exit codes of a piece that has no sum to tell. */
const ABSENT = 11;
const UNREADABLE = 12;
/** of timeout(1) */
const LATE = 124;

/**
 * A piece for each file: files so large are few. Reading one takes time, so it is read only where the size says that it may be the same. What
 * opens it does not wait for the writer of a pipe.
 */
export const sum: QueryKind<'sum'> = {
  compile: (queries) =>
    queries.map(
      ({ path, size }) =>
        `sum_query ${quoteAll([pathWord(path), String(size), String(sumWithin(size)), String(ABSENT), String(UNREADABLE)])}`,
    ),
  parse: (queries, outputs, owners) =>
    queries.map((query, index) => {
      const touched = touchedBy(query)!;
      const owner = owners?.(touched);
      if (owner && 'none' in owner) return refusal(touched, owner);
      return answerOf(query, outputs[index]);
    }),
};

function answerOf({ path, size }: SumQuery, output: PartOutput | undefined): SumAnswer | Refused {
  if (output?.rc === ABSENT) return { state: 'absent' };
  const [, found, sha256] = /^(\d{1,19})\n(?:\\?([0-9a-f]{64}) )?/.exec(textOf(output)) ?? [];
  if (output?.rc === 0 && found !== undefined && (sha256 !== undefined || Number(found) !== size))
    return { state: 'file', size: Number(found), sha256: sha256 ?? null };
  if (output?.rc === LATE) {
    return {
      refused: new TaskError(`the checksum of ${path} is not there within ${sumWithin(size)} s`, {
        hint: 'is the disk of the host very slow, or stuck?',
      }),
    };
  }
  return {
    refused: new TaskError(`${path} cannot be read`, { hint: 'become a user that may read it' }),
  };
}
