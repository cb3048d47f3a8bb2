import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import { Answers, queryKey, type Answer, type Query } from '../../src/agent/query.js';
import { TaskError } from '../../src/errors.js';
import { resources } from '../../src/resources/index.js';
import { withDefaults } from '../../src/schema.js';
import { connectLocal } from '../../src/transport/local.js';

/** games of Debian: a user with a group of its own and a home that nobody needs. */
const USER = { name: 'games', uid: 5, gid: 60 };
/** How often each task is run against the racer: PROVISION_RACES=50 for the whole of it. */
const ROUNDS = Number(process.env['PROVISION_RACES'] ?? 4);
const SECRET = 'only root may read this';

type Params = Readonly<Record<string, unknown>>;

/** What root does in a folder of a user who exchanges names at every system call: whatever is won is the user's own. */
describe('a user who races against root', function () {
  this.timeout(Math.max(20_000, ROUNDS * 30_000));
  let base: string;
  let agent: Agent;

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    base = mkdtempSync(join(tmpdir(), 'race-'));
    chmodSync(base, 0o755);
    execFileSync('cc', ['-O1', '-o', join(base, 'racer'), join(import.meta.dirname, 'racer.c')]);
    agent = await startAgent(connectLocal(), { host: 'localhost' });
  });
  after(async () => {
    await agent?.close();
    if (base) rmSync(base, { recursive: true, force: true });
  });

  const at = (...names: string[]): string => join(base, ...names);
  /** `home`: the folder is the user's; `open`: it is root's, and the user's group may write to it. */
  let place: 'home' | 'open' = 'home';
  const conf = (name = ''): string => at(place, 'conf', name).replace(/\/$/, '');

  /** The folder of the user, and what is root's beside it, as they are before each round. */
  function setUp(): void {
    for (const name of ['home', 'open', 'root', 'out']) rmSync(at(name), { recursive: true, force: true });
    mkdirSync(at('root', 'tree', 'sub'), { recursive: true });
    mkdirSync(at('out'));
    writeFileSync(at('root', 'file'), `${SECRET}\n`, { mode: 0o600 });
    writeFileSync(at('root', 'tree', 'app.conf'), `${SECRET}\n`, { mode: 0o600 });
    writeFileSync(at('root', 'tree', 'sub', 'file'), `${SECRET}\n`, { mode: 0o600 });
    mkdirSync(at('home'));
    mkdirSync(at('open'));
    mkdirSync(conf('data'), { recursive: true });
    for (const name of ['app.conf', 'other.conf', 'data/a', 'data/b']) {
      writeFileSync(conf(name), 'before\n');
      chmodSync(conf(name), 0o666);
    }
    if (place === 'open') {
      for (const path of [at('open'), conf(), conf('data')]) {
        chownSync(path, 0, USER.gid);
        chmodSync(path, 0o2775);
      }
      return;
    }
    writeFileSync(conf('data/package.json'), '{}');
    lchownSync(conf('data/package.json'), USER.uid, USER.gid);
    for (const path of [
      at('home'),
      conf(),
      ...['data', 'app.conf', 'other.conf', 'data/a', 'data/b'].map(conf),
    ])
      chownSync(path, USER.uid, USER.gid);
  }

  /** Everything below a folder: what it is, whose, how long ago it was written, and what is in it. */
  function picture(folder: string): string[] {
    return below(folder)
      .sort()
      .map((path) => {
        const { mode, uid, gid, mtimeMs, nlink } = lstatSync(path);
        const content = lstatSync(path).isFile() ? readFileSync(path, 'utf8') : '';
        return [path, mode.toString(8), uid, gid, mtimeMs, nlink, content].join(' ');
      });
  }

  /** All paths below a folder; no link is entered. */
  function below(folder: string): string[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
      const path = join(folder, one.name);
      return one.isDirectory() ? [path, ...below(path)] : [path];
    });
  }

  function textsBelow(folder: string): string {
    return below(folder)
      .filter((path) => lstatSync(path).isFile())
      .map((path) => readFileSync(path, 'utf8'))
      .join('');
  }

  /** Start the racer, do something, and end it. @returns what of root's is not as it was */
  async function race(round: number, action: () => Promise<void>): Promise<string[]> {
    setUp();
    const before = picture(at('root'));
    const racer = spawn(
      'setpriv',
      [
        ...['--reuid', String(USER.uid), '--regid', String(USER.gid), '--clear-groups'],
        ...[at('racer'), conf(), at('root', 'file'), at('root', 'tree'), String(round), '15'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const gone = new Promise((resolve) => racer.on('close', resolve));
    await new Promise((resolve) => racer.stdout.once('data', resolve));
    try {
      await action();
    } finally {
      racer.kill('SIGKILL');
      await gone;
    }
    const after = picture(at('root'));
    return [
      ...after.filter((line) => !before.includes(line)),
      ...before.filter((line) => !after.includes(line)).map((line) => `gone: ${line}`),
      ...(textsBelow(at(place)).includes(SECRET) ? ['the user can read what is root’s'] : []),
      ...(textsBelow(at('out')).includes(SECRET) ? ['it was copied out'] : []),
    ];
  }

  /** Ask, plan and do, as a run would; a refusal is as good as a success. */
  async function attempt(name: string, given: Params, local: ReadonlyMap<string, Answer>): Promise<void> {
    const resource = resources.get(name)!;
    const params = withDefaults(resource.schema, given);
    const known = new Map<string, Answer>(local);
    try {
      for (;;) {
        const missing = resource
          .queries(params, new Answers(new Map(known)))
          .filter((query) => !known.has(queryKey(query)));
        if (missing.length === 0) break;
        const { answers } = await agent.request({ steps: [], queries: missing }, { timeout: 30 });
        const entries = new Map(answers.entries());
        for (const query of missing) known.set(queryKey(query), entries.get(queryKey(query))!);
      }
      const answers = new Answers(known);
      const changes = resource.plan(params, answers);
      if (changes.length === 0) return;
      await agent.request({ steps: resource.apply(params, changes, answers), queries: [] }, { timeout: 30 });
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
    }
  }

  it('has a racer that wins against a root that works by name', async () => {
    let won = 0;
    for (let round = 0; round < 40 && won === 0; round += 1) {
      const lost = await race(round, async () => {
        const code = `for i in 1 2 3 4 5 6; do
          new=$(mktemp "$1/.app.conf.XXXXXX") && echo x >"$new"; chown ${USER.uid} "$new"; chmod 0644 "$new"; mv -f "$new" "$1/app.conf"
        done`;
        await agent.request(
          { steps: [{ kind: 'script', code, args: [conf()] }], queries: [] },
          { timeout: 30 },
        );
      });
      won += lost.length;
    }
    expect(won).to.be.greaterThan(0);
  });

  const owner = { owner: USER.name };
  const tree = (): ReadonlyMap<string, Answer> => {
    const query: Query = { kind: 'local-tree', path: '/source' };
    const file = (path: string) => ({
      path,
      type: 'file' as const,
      mode: 0o644,
      content: Buffer.from(`new ${path}\n`),
    });
    const entries = [
      { path: 'sub', type: 'directory' as const, mode: 0o755 },
      ...['app.conf', 'other.conf', 'third.conf', 'sub/a', 'sub/b'].map(file),
      { path: 'link', type: 'link' as const, mode: 0o777, target: 'app.conf' },
    ];
    return new Map([[queryKey(query), { entries }]]);
  };

  const tasks: readonly (readonly [title: string, module: string, params: () => Params])[] = [
    ['copy', 'copy', () => ({ dest: conf('app.conf'), content: 'x\n', ...owner })],
    ['copy of a new file', 'copy', () => ({ dest: conf('new.conf'), content: 'x\n', mode: '0640' })],
    [
      'copy with a backup',
      'copy',
      () => ({ dest: conf('app.conf'), content: 'x\n', backup: true, ...owner }),
    ],
    ['copy that follows', 'copy', () => ({ dest: conf('app.conf'), content: 'x\n', follow: true, ...owner })],
    [
      'copy of a large file',
      'copy',
      () => ({ dest: conf('app.conf'), content: 'x'.repeat(300_000), ...owner }),
    ],
    [
      'copy with a validation',
      'copy',
      () => ({ dest: conf('app.conf'), content: 'x\n', validate: 'test -f %s' }),
    ],
    ['copy of a folder', 'copy', () => ({ src: '/source/', dest: `${conf()}/`, ...owner })],
    [
      'copy on the host',
      'copy',
      () => ({ src: conf('app.conf'), dest: conf('other.conf'), remote_src: true }),
    ],
    ['copy out', 'copy', () => ({ src: conf('app.conf'), dest: at('out', 'app.conf'), remote_src: true })],
    ['mode', 'file', () => ({ path: conf('app.conf'), mode: '0644' })],
    ['owner', 'file', () => ({ path: conf('app.conf'), ...owner, group: USER.name })],
    ['touch', 'file', () => ({ path: conf('app.conf'), state: 'touch', ...owner, mode: '0644' })],
    ['touch of a new file', 'file', () => ({ path: conf('touched'), state: 'touch', ...owner })],
    ['folder', 'file', () => ({ path: conf('data'), state: 'directory', ...owner, mode: '0700' })],
    ['folders', 'file', () => ({ path: conf('p/q/r'), state: 'directory', ...owner, mode: '0700' })],
    [
      'recursion',
      'file',
      () => ({ path: conf('data'), state: 'directory', recurse: true, ...owner, mode: 'u=rwX,go=' }),
    ],
    [
      'link',
      'file',
      () => ({ path: conf('app.conf'), src: 'other.conf', state: 'link', force: true, ...owner }),
    ],
    ['removal', 'file', () => ({ path: conf('data'), state: 'absent' })],
    ['line', 'lineinfile', () => ({ path: conf('app.conf'), line: 'x', ...owner })],
    ['line with a backup', 'lineinfile', () => ({ path: conf('app.conf'), line: 'x', backup: true })],
    ['block', 'blockinfile', () => ({ path: conf('app.conf'), block: 'x', create: true, ...owner })],
    [
      'setting',
      'sysctl',
      () => ({ name: 'net.x.y', value: 1, reload: false, sysctl_file: conf('app.conf') }),
    ],
    [
      'keys',
      'authorized_key',
      () => ({ user: USER.name, key: KEY, path: conf('data/keys'), manage_dir: true }),
    ],
    ['checksum', 'stat', () => ({ path: conf('app.conf'), get_checksum: true, follow: true })],
    ['dependencies', 'npm', () => ({ path: conf('data'), executable: at('npm') })],
    ['a package', 'npm', () => ({ path: conf('data'), name: 'x', executable: at('npm') })],
  ];
  const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKEYONE me';

  for (const [title, module, params] of tasks) {
    it(`wins nothing: ${title}`, async () => {
      // What npm would do with a package.json and node_modules.
      writeFileSync(at('npm'), '#!/bin/sh\nmkdir -p node_modules/x && echo x >node_modules/x/package.json\n');
      chmodSync(at('npm'), 0o755);
      for (let round = 0; round < ROUNDS; round += 1) {
        const lost = await race(round, async () => {
          for (let time = 0; time < 2; time += 1) await attempt(module, params(), tree());
        });
        expect(lost, `round ${round}`).to.deep.equal([]);
      }
    });
  }

  const open: readonly (readonly [title: string, module: string, params: () => Params])[] = [
    ['copy', 'copy', () => ({ dest: conf('app.conf'), content: 'x\n', mode: '0600', ...owner })],
    ['copy of a large file', 'copy', () => ({ dest: conf('app.conf'), content: 'x'.repeat(300_000) })],
    ['copy out', 'copy', () => ({ src: conf('app.conf'), dest: at('out', 'app.conf'), remote_src: true })],
    ['folder', 'file', () => ({ path: conf('data'), state: 'directory', ...owner, mode: '0700' })],
    ['folders', 'file', () => ({ path: conf('data/p/q'), state: 'directory', ...owner, mode: '0700' })],
    ['mode', 'file', () => ({ path: conf('app.conf'), mode: '0644', ...owner })],
    ['touch of a new file', 'file', () => ({ path: conf('t'), state: 'touch', mode: '0666', ...owner })],
    ['recursion', 'file', () => ({ path: conf('data'), state: 'directory', recurse: true, ...owner })],
    ['line', 'lineinfile', () => ({ path: conf('app.conf'), line: 'x' })],
    ['dependencies', 'npm', () => ({ path: conf('data'), executable: at('npm') })],
  ];

  for (const [title, module, params] of open) {
    it(`wins nothing where the group may write: ${title}`, async () => {
      place = 'open';
      try {
        for (let round = 0; round < ROUNDS; round += 1) {
          const lost = await race(round, () => attempt(module, params(), tree()));
          expect(lost, `round ${round}`).to.deep.equal([]);
        }
      } finally {
        place = 'home';
      }
    });
  }

  it('wins nothing: files that a handler puts back', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const lost = await race(round, async () => {
        const write = { kind: 'write', path: conf('app.conf'), content: Buffer.from('x\n') } as const;
        const restore = {
          kind: 'script',
          code: 'restore_files "$1"',
          args: ['race.0000000000000000'],
        } as const;
        await agent.request({ mark: ['race'], keep: ['race'], steps: [write], queries: [] }).catch(refused);
        await agent.request({ steps: [restore], clear: ['race'], queries: [] }).catch(refused);
        await agent.request({ steps: [], clear: ['race'], queries: [] });
      });
      expect(lost, `round ${round}`).to.deep.equal([]);
    }
  });

  it('does what it should where nobody races', async () => {
    setUp();
    await attempt('copy', { dest: conf('app.conf'), content: 'x\n', ...owner, backup: true }, tree());
    await attempt('file', { path: conf('p/q'), state: 'directory', ...owner, mode: '0700' }, tree());
    expect(readFileSync(conf('app.conf'), 'utf8')).to.equal('x\n');
    expect([lstatSync(conf('app.conf')).uid, lstatSync(conf('p/q')).uid]).to.deep.equal([USER.uid, USER.uid]);
    symlinkSync(at('root', 'tree'), conf('link'));
    await attempt('file', { path: conf('link'), state: 'directory', ...owner, recurse: true }, tree());
    expect(readlinkSync(conf('link'))).to.equal(at('root', 'tree'));
    expect(lstatSync(at('root', 'tree')).uid).to.equal(0);
  });
});

function refused(error: unknown): void {
  if (!(error instanceof TaskError)) throw error;
}
