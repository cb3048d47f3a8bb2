import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';

const ROLES = join(import.meta.dirname, '..', '..', 'roles');

type Mapping = Readonly<Record<string, unknown>>;

/**
 * What root keeps in a user's folder is that user's to exchange: what is done there is done with the user's rights, so that it
 * could not even be root's. No role of ours puts it there.
 */
describe('folders of users, in the roles', () => {
  for (const role of readdirSync(ROLES)) {
    it(`hold nothing of root's: ${role}`, () => {
      const folder = join(ROLES, role);
      const variables: Mapping = Object.assign(
        {},
        read(join(folder, 'defaults/main.yml')),
        read(join(folder, 'vars/main.yml')),
      );
      const tasks = ['tasks', 'handlers'].flatMap((kind) => tasksIn(join(folder, kind)));
      expect(kept(tasks, variables)).to.deep.equal([]);
    });
  }

  it('are found: by name, by variable, in a loop', () => {
    const own = (path: unknown, more: Mapping = {}): Mapping => ({
      file: { path, state: 'directory', owner: 'app' },
      ...more,
    });
    const put = (dest: string, more: Mapping = {}): Mapping => ({ copy: { dest, content: '' }, ...more });
    const variables = { home: '/var/lib/<%= name %>', name: 'app' };
    expect(kept([own('<%= home %>'), put('/var/lib/app/x')], variables)).to.deep.equal([
      '/var/lib/app/x is in /var/lib/app',
    ]);
    expect(kept([own('<%= item %>', { loop: ['/a', '/b'] }), put('/b/x')], {})).to.deep.equal([
      '/b/x is in /b',
    ]);
    expect(kept([own('/a'), put('/a/x', { become_user: 'app' }), put('/ab/x'), own('/a')], {})).to.deep.equal(
      [],
    );
  });
});

/** What a task without become_user puts below a folder that a task gives to somebody else. */
function kept(tasks: readonly Mapping[], variables: Mapping): string[] {
  const places = tasks.flatMap((task) => placesOf(task, variables));
  const owned = places.filter(({ owner }) => owner !== undefined && owner !== 'root').map(({ path }) => path);
  return places
    .filter(({ as }) => as === undefined)
    .flatMap(({ path }) =>
      owned.filter((folder) => path.startsWith(`${folder}/`)).map((folder) => `${path} is in ${folder}`),
    );
}

interface Placed {
  readonly path: string;
  readonly owner: string | undefined;
  readonly as: unknown;
}

function placesOf(task: Mapping, variables: Mapping): Placed[] {
  const items = Array.isArray(task['loop']) ? (task['loop'] as unknown[]) : [undefined];
  return Object.values(task)
    .filter((args): args is Mapping => typeof args === 'object' && args !== null && !Array.isArray(args))
    .flatMap((args) => {
      const path = args['path'] ?? args['dest'];
      if (typeof path !== 'string') return [];
      return items.map((item) => ({
        path: expand(path, { ...variables, item }).replace(/\/+$/, ''),
        owner:
          args['state'] === 'directory' && args['owner'] !== undefined
            ? expand(String(args['owner']), variables)
            : undefined,
        as: task['become_user'],
      }));
    });
}

/** Names of variables are replaced by what they are; anything else stays as it is written. */
function expand(text: string, variables: Mapping): string {
  let before = '';
  let now = text;
  for (let round = 0; round < 20 && now !== before; round += 1) {
    before = now;
    now = now.replace(/<%= *([A-Za-z_]+) *%>/g, (all, name: string) => {
      const value = variables[name];
      return typeof value === 'string' ? value : all;
    });
  }
  return now;
}

function tasksIn(folder: string): Mapping[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .flatMap((name) => flat(read(join(folder, name))));
}

function flat(tasks: unknown): Mapping[] {
  if (!Array.isArray(tasks)) return [];
  return (tasks as Mapping[]).flatMap((task) => [
    task,
    ...['block', 'rescue', 'always'].flatMap((key) => flat(task[key])),
  ]);
}

function read(file: string): unknown {
  return existsSync(file) ? parse(readFileSync(file, 'utf8')) : {};
}
