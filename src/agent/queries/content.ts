import { TaskError } from '../../errors.js';
import type { ContentAnswer, ContentQuery } from '../query.js';
import type { PartOutput } from '../part.js';
import { quote } from '../quote.js';
import { chunked, pathWord, textOf, type QueryKind } from './kind.js';

/** Larger files are not sent; their hash is. */
const LARGEST = 1024 * 1024;
/** exit codes of a piece that sends nothing */
const SAME = 10;
const ABSENT = 11;
const UNREADABLE = 12;

/**
 * One sha256sum for all files. sh compares without starting a program; only what differs from what is expected is sent,
 * as it is, in a piece of its own.
 */
export const content: QueryKind<'content'> = {
  compile: (queries) => [sumsOf(queries), ...queries.map(showOne)],
  parse(queries, [sums, ...outputs]) {
    const hashes = new Map(
      textOf(sums)
        .split('\n')
        .map((line): [string, string] => [line.replace(/^\\?[0-9a-f]{64} [ *]/, ''), line]),
    );
    return queries.map((query, index) => {
      const line = hashes.get(sumName(query.path)) ?? '';
      return answerOf(query, outputs[index], /^\\?([0-9a-f]{64})/.exec(line)?.[1]);
    });
  },
};

function sumsOf(queries: readonly ContentQuery[]): string {
  // Only files that are there: a pipe would block, and every other error would be noise.
  const pick = (path: string): string => `[ ! -f ${quote(path)} ] || set -- "$@" ${quote(path)}`;
  const runs = chunked(queries.map((query) => pathWord(query.path))).map((paths) =>
    ['set --', ...paths.map(pick), '[ $# = 0 ] || sha256sum -- "$@"'].join('\n'),
  );
  return `sums=$(\n${runs.join('\n')}\n)\nprintf %s "$sums"\nsums="\n$sums\n"`;
}

function showOne({ path, unless }: ContentQuery): string {
  const word = quote(pathWord(path));
  const show = `if [ ! -f ${word} ]; then code ${ABSENT}
elif [ ! -r ${word} ]; then code ${UNREADABLE}
else head -c ${LARGEST + 1} -- ${word} 2>&1
fi`;
  if (unless === undefined) return show;
  const escaped = sumName(path) === pathWord(path) ? '' : '\\';
  return `case $sums in *${quote(`\n${escaped}${unless}  ${sumName(path)}\n`)}*) code ${SAME} ;; *)\n${show} ;;\nesac`;
}

/** A name as sha256sum prints it: with newlines and backslashes escaped. */
function sumName(path: string): string {
  return pathWord(path).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

function answerOf(
  { path }: ContentQuery,
  output: PartOutput | undefined,
  sha256: string | undefined,
): ContentAnswer {
  if (output?.rc === SAME) return { state: 'same' };
  if (output?.rc === ABSENT) return { state: 'absent' };
  if (!output || output.rc === UNREADABLE || output.rc !== 0) {
    throw new TaskError(`${path} cannot be read`, {
      detail:
        output?.stdout
          .toString('utf8')
          .trim()
          .split('\n')
          .filter((line) => line !== '') ?? [],
      hint: 'become a user that may read it',
    });
  }
  if (output.stdout.length <= LARGEST) return { state: 'content', content: output.stdout };
  return { state: 'large', sha256: sha256 ?? '' };
}
