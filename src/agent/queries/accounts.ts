import type { GroupAnswer, UserAnswer } from '../query.js';
import type { PartOutput } from '../part.js';
import { quoteAll } from '../quote.js';
import { textOf, type QueryKind } from './kind.js';

/** getent(1): passwd and shadow of the users, and all groups, for their supplementary ones. */
export const user: QueryKind<'user'> = {
  program: 'getent',
  compile(queries) {
    const names = quoteAll(queries.map((query) => query.name));
    return [`getent -- passwd ${names}`, `getent -- shadow ${names}`, 'getent group'];
  },
  parse(queries, outputs) {
    const [passwd = [], shadow = [], groups = []] = outputs.map(entriesOf);
    const hashes = new Map(shadow.map(([name = '', hash = '']) => [name, hash]));
    return queries.map(({ name }): UserAnswer => {
      const entry = passwd.find(([known]) => known === name);
      if (!entry) return { exists: false };
      const [, , uid, gid, comment = '', home = '', shell = ''] = entry;
      return {
        exists: true,
        uid: Number(uid),
        gid: Number(gid),
        group: groups.find(([, , id]) => id === gid)?.[0] ?? String(gid),
        groups: groups
          .filter(([, , , members = '']) => members.split(',').includes(name))
          .map(([group = '']) => group)
          .sort(),
        comment,
        home,
        shell,
        password: hashes.get(name) ?? null,
      };
    });
  },
};

export const group: QueryKind<'group'> = {
  program: 'getent',
  compile: (queries) => [`getent -- group ${quoteAll(queries.map((query) => query.name))}`],
  parse(queries, [output]) {
    const groups = entriesOf(output);
    return queries.map(({ name }): GroupAnswer => {
      const entry = groups.find(([known]) => known === name);
      if (!entry) return { exists: false };
      const [, , gid, members = ''] = entry;
      return { exists: true, gid: Number(gid), members: members === '' ? [] : members.split(',') };
    });
  },
};

/** Lines of colon-separated fields. */
function entriesOf(output: PartOutput | undefined): string[][] {
  return textOf(output)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}
