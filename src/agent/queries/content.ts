import { createHash } from 'node:crypto';
import { TaskError } from '../../errors.js';
import type { ContentAnswer, ContentQuery, Refused } from '../query.js';
import type { PartOutput } from '../part.js';
import { quote } from '../quote.js';
import { chunked, pathWord, textOf, type QueryKind } from './kind.js';
import { refusal, touchedBy } from './owners.js';

/** Larger files are not sent; their hash is. */
const LARGEST = 1024 * 1024;
/** Smaller ones that differ are sent together, so many at a time: a part of an answer has room for 16 MB. */
const SMALL = 64 * 1024;
const TOGETHER = 200;
/** exit codes of content_show of owner.sh, which sends nothing then */
const SAME = 10;
const ABSENT = 11;
const UNREADABLE = 12;
const SENT = 13;
const DIFFERS = 14;
/** s that what reads many files at once may take: whoever owns one of them can put a pipe in its place between a look and the opening. */
const READ_WITHIN = 10;

/**
 * One sha256sum for all files. sh compares without starting a program; only what differs from what is expected is sent, as it is: small
 * files by one `cat` for many, with their sizes before them, and others in a piece of their own. What opens a file alone does not wait for
 * the writer of a pipe; what opens many has a limit.
 */
export const content: QueryKind<'content'> = {
  mayBeCut: true,
  compile: (queries) => [
    sumsOf(queries),
    ...batchesOf(queries).map((batch) => ({
      code: sendBatch(batch),
      keep: (batch.length + 1) * SMALL,
    })),
    ...queries.map((_query, index) => ({
      code: `content_show ${index} ${LARGEST + 1}`,
      keep: LARGEST + SMALL,
    })),
  ],
  parse(queries, [sums, ...outputs], owners) {
    const hashes = new Map(
      textOf(sums)
        .split('\n')
        .map((line) => [line.replace(/^\\?[0-9a-f]{64} [ *]/, ''), /^\\?([0-9a-f]{64})/.exec(line)?.[1]]),
    );
    const batches = batchesOf(queries).length;
    const sent = new Map(outputs.slice(0, batches).flatMap(contentsIn));
    return queries.map((query, index) => {
      const touched = touchedBy(query)!;
      const owner = owners?.(touched);
      const output = outputs[batches + index];
      const sha256 = hashes.get(sumName(query.path));
      if (owner && !('by' in owner)) {
        return ('shared' in owner && sharedAnswer(query, output?.rc, sha256)) || refusal(touched, owner);
      }
      return output?.rc === SENT
        ? sentAnswer(query, sent.get(index), sha256)
        : answerOf(query, output, sha256);
    });
  },
};

/** Names the files, prints their sums, and says how one is shown. */
function sumsOf(queries: readonly ContentQuery[]): string {
  const words = queries.map(({ path }) => pathWord(path));
  const ends = chunked(words).map(({ length }) => length);
  // Only files that are there: every other error would be noise. The last one takes the place of its subshell.
  const runs = ends.map((length, index) => {
    const from = ends.slice(0, index).reduce((sum, one) => sum + one, 0);
    return `content_sums ${from} ${from + length} ${READ_WITHIN} ${index === ends.length - 1 ? 'exec' : "''"}`;
  });
  return `${words.map((word, index) => `content_${index}=${quote(word)}`).join('\n')}
content_same=' ' content_sent=' '
sums=$(
${runs.join('\n')}
)
printf %s "$sums"
sums="
$sums
"`;
}

/** What a batch knows of a file: its index, and the line of sha256sum that it is not sent for. */
type Expected = readonly [index: number, line: string];

function batchesOf(queries: readonly ContentQuery[]): Expected[][] {
  const expected = queries.flatMap(({ path, unless }, index): Expected[] => {
    const escaped = sumName(path) === pathWord(path) ? '' : '\\';
    return unless === undefined ? [] : [[index, `${escaped}${unless}  ${sumName(path)}`]];
  });
  const batches: Expected[][] = [];
  for (let from = 0; from < expected.length; from += TOGETHER)
    batches.push(expected.slice(from, from + TOGETHER));
  return batches;
}

/** One file alone is left to content_show, which starts one program less, and so is what has no sum because one before it was stuck. */
function sendBatch(batch: readonly Expected[]): string {
  return `ones=
${batch.map(([index, line]) => `content_see ${index} ${quote(line)}`).join('\n')}
content_send ${SMALL} ${READ_WITHIN}`;
}

/** The contents that a batch sent, by the index of their query. */
function contentsIn({ stdout }: PartOutput): [number, Buffer][] {
  const end = stdout.indexOf(10);
  if (end < 0) return [];
  let from = end + 1;
  // No batch has a longer line of sizes.
  const sizes = stdout.toString('latin1', 0, Math.min(end, TOGETHER * 32)).split(' ');
  return sizes.flatMap((one): [number, Buffer][] => {
    const [, index, size] = /^(\d{1,9}):(\d{1,9})$/.exec(one) ?? [];
    if (index === undefined) return [];
    const content = stdout.subarray(from, from + Number(size));
    from += Number(size);
    return [[Number(index), content]];
  });
}

function sentAnswer(
  { path }: ContentQuery,
  content: Buffer | undefined,
  sha256: string | undefined,
): ContentAnswer | Refused {
  // Sizes were asked before: a file that is written meanwhile shifts all that come behind it.
  if (!content || createHash('sha256').update(content).digest('hex') !== sha256) {
    return {
      refused: new TaskError(
        `${path} cannot be read: it, or a file that is read with it, changes meanwhile`,
        {
          hint: 'run again when whatever writes it is done',
        },
      ),
    };
  }
  return { state: 'content', content };
}

/** What others may exchange is compared, as it was a moment ago, and not shown: whoever asks without knowing what it should be would believe it. */
function sharedAnswer(
  { unless }: ContentQuery,
  rc: number | undefined,
  sha256: string | undefined,
): ContentAnswer | undefined {
  if (rc === ABSENT) return { state: 'absent' };
  if (unless === undefined) return undefined;
  if (rc === SAME) return { state: 'same' };
  return rc === DIFFERS && sha256 !== undefined ? { state: 'large', sha256 } : undefined;
}

/** A name as sha256sum prints it: with newlines and backslashes escaped. */
function sumName(path: string): string {
  return pathWord(path).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

function answerOf(
  { path }: ContentQuery,
  output: PartOutput | undefined,
  sha256: string | undefined,
): ContentAnswer | Refused {
  if (output?.rc === SAME) return { state: 'same' };
  if (output?.rc === ABSENT) return { state: 'absent' };
  if (!output || output.rc === UNREADABLE || output.rc !== 0) {
    const refused = new TaskError(`${path} cannot be read`, {
      detail:
        output?.stdout
          .toString('utf8')
          .trim()
          .split('\n')
          .filter((line) => line !== '') ?? [],
      hint: 'become a user that may read it',
    });
    return { refused };
  }
  if (output.stdout.length <= LARGEST) return { state: 'content', content: output.stdout };
  return { state: 'large', sha256: sha256 ?? null };
}
