import type { FileAnswer } from '../query.js';
import { quoteAll } from '../quote.js';
import { chunked, type QueryKind } from './kind.js';

/** What find prints of a path, NUL after each. */
const FIELDS = ['%p', '%y', '%m', '%U', '%G', '%u', '%g', '%s', '%T@', '%i', '%l'];
const TYPES: Readonly<Record<string, 'file' | 'directory' | 'link'>> = {
  f: 'file',
  d: 'directory',
  l: 'link',
};

export const file: QueryKind<'file'> = {
  compile(queries) {
    const paths = (follow: boolean): string[] =>
      queries.filter((query) => (query.follow ?? false) === follow).map((query) => query.path);
    const format = `'${FIELDS.map((field) => `${field}\\0`).join('')}'`;
    const find = (option: string, list: readonly string[]): string[] =>
      chunked(list).map(
        (chunk) => `find ${option} ${quoteAll(chunk)} -maxdepth 0 -printf ${format} 2>/dev/null`,
      );
    return [...find('-P', paths(false)), "printf '\\0'", ...find('-L', paths(true))].join('\n');
  },
  parse(queries, output) {
    // The lone NUL between the two runs shifts nothing: an empty name stands where a path would be.
    const fields = output.stdout.toString('utf8').split('\0');
    const found: [Map<string, FileAnswer>, Map<string, FileAnswer>] = [new Map(), new Map()];
    let run: 0 | 1 = 0;
    for (let at = 0; at < fields.length;) {
      const path = fields[at];
      if (path === '' || path === undefined) {
        run = 1;
        at += 1;
        continue;
      }
      found[run].set(path, answerOf(fields.slice(at + 1, at + FIELDS.length)));
      at += FIELDS.length;
    }
    return queries.map((query) => found[query.follow === true ? 1 : 0].get(query.path) ?? { exists: false });
  },
};

function answerOf(fields: readonly string[]): FileAnswer {
  const [type = '', mode = '', uid, gid, owner = '', group = '', size, mtime, inode, target = ''] = fields;
  return {
    exists: true,
    type: TYPES[type] ?? 'other',
    mode: Number.parseInt(mode, 8) || 0,
    uid: Number(uid),
    gid: Number(gid),
    owner,
    group,
    size: Number(size),
    mtime: Number(mtime),
    inode: Number(inode),
    ...(type === 'l' ? { target } : {}),
  };
}
