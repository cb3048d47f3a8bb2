import { TaskError } from '../../errors.js';
import type { FileAnswer } from '../query.js';
import { quoteAll } from '../quote.js';
import { chunked, pathWord, textOf, type QueryKind } from './kind.js';
import { refusal, touchedBy } from './owners.js';

/** How many fields tell_files of files.sh prints of a path, NUL after each: the path, type, mode, uid, gid, owner, group, size, times, inode, target. */
const FIELDS = 12;
const TYPES: ReadonlyMap<string, 'file' | 'directory' | 'link'> = new Map([
  ['f', 'file'],
  ['d', 'directory'],
  ['l', 'link'],
]);

/** find(1): one process for the paths themselves, one for what links point to. */
export const file: QueryKind<'file'> = {
  compile(queries) {
    const paths = (follow: boolean): string[] =>
      queries.filter((query) => (query.follow ?? false) === follow).map((query) => pathWord(query.path));
    const find = (option: string, list: readonly string[]): string =>
      chunked(list)
        .map(
          (chunk) =>
            `each_owner ${option === '-P' ? 'entry' : 'follow'} 'tell_files ${option} "$@"' ${quoteAll(chunk)}`,
        )
        .join('\n') || ':';
    return [find('-P', paths(false)), find('-L', paths(true))];
  },
  parse(queries, [own, followed], owners) {
    const itself = answersIn(textOf(own));
    const asked = (follow: boolean): boolean => queries.some((query) => (query.follow ?? false) === follow);
    const reached = answersIn(textOf(followed));
    // Every one of them tells of / as well: one that does not has not looked.
    const works = (follow: boolean): boolean =>
      ((follow ? followed : own)?.rc ?? 0) <= 1 && (!asked(follow) || (follow ? reached : itself).has('/'));
    // Followed, only a link that leads nowhere is still one.
    const target = new Map([...reached].filter(([, answer]) => answer.exists && answer.type !== 'link'));
    return queries.map((query) => {
      const touched = touchedBy(query)!;
      const owner = owners?.(touched);
      const follow = query.follow === true;
      if (owner && 'none' in owner && follow) return refusal(touched, owner);
      if (!works(follow)) return { refused: blind(query.path) };
      const answer = (follow ? target : itself).get(pathWord(query.path)) ?? { exists: false };
      const leadsNowhere = follow && reached.has(pathWord(query.path)) && !answer.exists;
      if (owner && 'shared' in owner) {
        // A name that may be exchanged can be looked at, but nothing may be found behind it.
        if (leadsNowhere) return refusal(touched, owner, 'it is a link, and ');
        return answer.exists ? { ...answer, shared: owner.shared } : answer;
      }
      if (!owner || !('by' in owner)) return answer;
      return { ...answer, by: owner.by, ...(leadsNowhere && !answer.exists ? { hidden: true } : {}) };
    });
  },
};

function blind(path: string): TaskError {
  return new TaskError(`${path} cannot be looked at: find did not work on the host`, {
    hint: 'find of findutils is needed, and setpriv of util-linux where a folder is a user’s: is `sh` a busybox with programs of its own?',
  });
}

function answersIn(text: string): Map<string, FileAnswer> {
  const fields = text.split('\0');
  const answers = new Map<string, FileAnswer>();
  for (let at = 0; at + FIELDS < fields.length; at += FIELDS) {
    const path = fields[at] ?? '';
    if (!answers.has(path)) answers.set(path, answerOf(fields.slice(at + 1, at + FIELDS)));
  }
  return answers;
}

function answerOf(fields: readonly string[]): FileAnswer {
  const [type = '', mode = '', uid, gid, owner = '', group = '', size, mtime, ctime, inode, target = ''] =
    fields;
  return {
    exists: true,
    type: TYPES.get(type) ?? 'other',
    mode: Number.parseInt(mode, 8) || 0,
    uid: Number(uid),
    gid: Number(gid),
    owner,
    group,
    size: Number(size),
    mtime: Number(mtime),
    ctime: Number(ctime),
    inode: Number(inode),
    ...(type === 'l' ? { target } : {}),
  };
}
