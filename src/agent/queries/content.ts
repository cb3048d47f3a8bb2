import type { ContentAnswer } from '../query.js';
import { quote, quoteAll } from '../quote.js';
import { chunked, type QueryKind } from './kind.js';

/** Larger files are not sent; their hash is. */
const LARGEST = 1024 * 1024;

/**
 * One sha256sum for all files that a hash is expected of. sh compares without starting a program, and only what differs
 * is sent.
 */
export const content: QueryKind<'content'> = {
  compile(queries) {
    const expected = queries.filter((query) => query.unless !== undefined).map((query) => query.path);
    const sums = chunked(expected).map((chunk) => `sha256sum -- ${quoteAll(chunk)} 2>/dev/null`);
    return [
      ...(sums.length > 0 ? [`sums=$(${sums.join('; ')})`, 'sums="\n$sums\n"'] : []),
      SHOW,
      ...queries.map((query, index) => compileOne(query.path, query.unless, index)),
    ].join('\n');
  },
  parse(queries, output) {
    const answers = new Map<number, ContentAnswer>();
    for (const block of output.stdout.toString('latin1').split('\n.\n')) {
      const [head = '', ...lines] = block.replace(/^\n+/, '').split('\n');
      const [index, state, hash = ''] = head.split(' ');
      const answer = answerOf(state, hash, lines);
      if (answer) answers.set(Number(index), answer);
    }
    return queries.map((_query, index) => answers.get(index) ?? { state: 'absent' });
  },
};

const SHOW = `show() {
  if [ ! -f "$2" ] || [ ! -r "$2" ]; then printf '%s absent\\n.\\n' "$1"; return; fi
  size=$(wc -c <"$2")
  if [ "$size" -gt ${LARGEST} ]; then
    sum=$(sha256sum <"$2")
    printf '%s large %s\\n.\\n' "$1" "\${sum%% *}"
  else
    printf '%s data\\n' "$1"; base64 <"$2"; printf '\\n.\\n'
  fi
}`;

function compileOne(path: string, unless: string | undefined, index: number): string {
  const show = `show ${index} ${quote(path)}`;
  if (unless === undefined) return show;
  return `case $sums in *${quote(`\n${unless}  ${path}\n`)}*) printf '%s same\\n.\\n' ${index} ;; *) ${show} ;; esac`;
}

function answerOf(
  state: string | undefined,
  hash: string,
  lines: readonly string[],
): ContentAnswer | undefined {
  switch (state) {
    case 'same':
    case 'absent':
      return { state };
    case 'large':
      return { state, sha256: hash };
    case 'data':
      return { state: 'content', content: Buffer.from(lines.join(''), 'base64') };
    default:
      return undefined;
  }
}
