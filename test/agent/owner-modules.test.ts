import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAgent, type Agent } from '../../src/agent/agent.js';
import { Answers, queryKey, type Answer } from '../../src/agent/query.js';
import { TaskError } from '../../src/errors.js';
import { resources } from '../../src/resources/index.js';
import { withDefaults } from '../../src/schema.js';
import { connectLocal } from '../../src/transport/local.js';

/** games of Debian. */
const USER = { name: 'games', uid: 5, gid: 60 };

/** What modules do in folders of users, and in folders of root's that others may write to, asked and done as a run would. */
describe('modules where not all is root’s', function () {
  this.timeout(60_000);
  let base: string;
  let agent: Agent;
  const at = (name: string): string => join(base, name);

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    agent = await startAgent(connectLocal(), { host: 'h1' });
  });
  after(() => agent?.close());
  beforeEach(() => {
    base = mkdtempSync('/var/tmp/modules-');
    chmodSync(base, 0o755);
    mkdirSync(at('home'));
    give('home');
    writeFileSync(at('secret'), 'of root\n', { mode: 0o600 });
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  function give(...names: string[]): void {
    for (const name of names) lchownSync(at(name), USER.uid, USER.gid);
  }
  function own(name: string): string {
    const { uid, gid, mode } = lstatSync(at(name));
    return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
  }
  /** A folder of root's that the user's group may write to. */
  function group(name: string, mode = 0o2775): void {
    mkdirSync(at(name));
    chownSync(at(name), 0, USER.gid);
    chmodSync(at(name), mode);
  }

  type Params = Readonly<Record<string, unknown>>;
  type Done = 'ok' | 'changed' | `refused: ${string}` | `FAILED: ${string}`;

  /** `refused`: before anything is changed, as in a dry run too. */
  async function task(name: string, given: Params, { dry = false } = {}): Promise<Done> {
    const resource = resources.get(name)!;
    const params = withDefaults(resource.schema, given);
    const known = new Map<string, Answer>();
    try {
      for (;;) {
        const missing = wanted(() => resource.queries(params, new Answers(new Map(known)))).filter(
          (query) => !known.has(queryKey(query)),
        );
        if (missing.length === 0) break;
        const { answers } = await agent.request({ steps: [], queries: missing }, { timeout: 30 });
        const entries = new Map(answers.entries());
        for (const query of missing) known.set(queryKey(query), entries.get(queryKey(query))!);
      }
      const answers = new Answers(known);
      const changes = resource.plan(params, answers);
      if (changes.length === 0) return 'ok';
      if (dry) return 'changed';
      const steps = resource.apply(params, changes, answers);
      const { outputs, failed } = await agent.request({ steps, queries: [] }, { timeout: 30 });
      return failed === undefined ? 'changed' : `FAILED: ${outputs[failed]!.stderr}`;
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      return `refused: ${error.message}`;
    }
  }
  function wanted<T>(ask: () => readonly T[]): readonly T[] {
    try {
      return ask();
    } catch (error) {
      if (error instanceof TaskError) return [];
      throw error;
    }
  }
  async function twice(name: string, params: Params): Promise<Done[]> {
    return [await task(name, params), await task(name, params)];
  }
  async function refuses(name: string, params: Params, because: string): Promise<void> {
    const done = await task(name, params, { dry: true });
    expect(done).to.match(/^refused: /);
    expect(done).to.contain(because);
  }

  describe('programs that root would run', () => {
    const CODE = (mark: string): string =>
      `require('fs').writeFileSync(${JSON.stringify(mark)}, String(process.getuid())); module.exports = {apps: [{name: 'a', script: 'a.js'}]}`;

    it('pm2: evaluates no ecosystem file but root’s', async () => {
      mkdirSync(at('pm2'));
      mkdirSync(at('srv'));
      group('open');
      for (const file of ['home/eco.config.cjs', 'srv/his.config.cjs', 'open/eco.config.cjs'])
        writeFileSync(at(file), CODE(at('mark')));
      give('home/eco.config.cjs', 'srv/his.config.cjs');
      symlinkSync(at('home/eco.config.cjs'), at('srv/link.config.cjs'));
      writeFileSync(at('srv/open.config.cjs'), CODE(at('mark')));
      chmodSync(at('srv/open.config.cjs'), 0o666);
      for (const [file, because] of [
        ['home/eco.config.cjs', `${at('home')} belongs to the user games`],
        ['srv/link.config.cjs', `${at('home')} belongs to the user games`],
        ['srv/his.config.cjs', `${at('srv/his.config.cjs')} belongs to the user games`],
        ['open/eco.config.cjs', `others than root may write to ${at('open')}`],
        ['srv/open.config.cjs', `others than root may write to ${at('srv/open.config.cjs')}`],
      ] as const)
        for (const state of ['started', 'reloaded', 'stopped', 'absent'])
          await refuses('pm2', { ecosystem: at(file), pm2_home: at('pm2'), state }, because);
      expect(existsSync(at('mark'))).to.equal(false);
    });

    it('pm2: starts no script but root’s, and no PM2 but root’s', async () => {
      mkdirSync(at('pm2'));
      mkdirSync(at('srv'));
      for (const [file, app] of [
        ['script', { name: 'a', script: at('home/a.js') }],
        ['cwd', { name: 'a', script: 'a.js', cwd: at('home') }],
      ] as const) {
        writeFileSync(at(`srv/${file}.json`), JSON.stringify({ apps: [app] }));
        await refuses(
          'pm2',
          { ecosystem: at(`srv/${file}.json`), pm2_home: at('pm2') },
          `${at('home')} belongs to the user games`,
        );
      }
      writeFileSync(at('srv/eco.json'), JSON.stringify({ apps: [{ name: 'a', script: 'a.js' }] }));
      const params = { ecosystem: at('srv/eco.json'), pm2_home: at('pm2') };
      await refuses(
        'pm2',
        { ...params, executable: at('home/pm2') },
        `${at('home')} belongs to the user games`,
      );
      writeFileSync(at('srv/pm2'), '#!/bin/sh\necho "$@" >>"${0%/*}/said"\n', { mode: 0o755 });
      expect(await task('pm2', { ...params, executable: at('srv/pm2') })).to.equal('changed');
      expect(readFileSync(at('srv/said'), 'utf8')).to.contain('start');
    });

    it('pm2: in a user’s home, all of it is that user’s doing', async () => {
      mkdirSync(at('home/pm2'));
      give('home/pm2');
      writeFileSync(at('home/eco.config.cjs'), CODE(at('home/mark')));
      writeFileSync(at('pm2'), '#!/bin/sh\nid -u >>"$PM2_HOME/said"\n', { mode: 0o755 });
      const params = {
        ecosystem: at('home/eco.config.cjs'),
        pm2_home: at('home/pm2'),
        executable: at('pm2'),
      };
      expect(await task('pm2', params)).to.equal('changed');
      expect(readFileSync(at('home/mark'), 'utf8')).to.equal('5');
      expect(readFileSync(at('home/pm2/said'), 'utf8')).to.equal('5\n5\n');
    });

    it('npm: believes no file but root’s', async () => {
      writeFileSync(at('npm'), `#!/bin/sh\nid -u >>${at('mark')}\nmkdir -p node_modules\n`, { mode: 0o755 });
      const npm = { path: at('srv'), executable: at('npm') };
      for (const name of ['package.json', 'package-lock.json', '.npmrc', 'node_modules', 'node_modules/x']) {
        rmSync(at('srv'), { recursive: true, force: true });
        mkdirSync(at('srv'));
        writeFileSync(at('srv/package.json'), '{}');
        if (name.startsWith('node_modules')) mkdirSync(at(`srv/${name}`), { recursive: true });
        else writeFileSync(at(`srv/${name}`), '{}');
        give(`srv/${name}`);
        await refuses('npm', npm, at(`srv/${name}`));
        await refuses('npm', { ...npm, name: 'x' }, at(`srv/${name}`));
      }
      group('open');
      writeFileSync(at('open/package.json'), '{}');
      await refuses('npm', { ...npm, path: at('open') }, `others than root may write to ${at('open')}`);
      expect(existsSync(at('mark'))).to.equal(false);
      give('npm');
      writeFileSync(at('home/package.json'), '{}');
      rmSync(at('srv'), { recursive: true, force: true });
      mkdirSync(at('srv'));
      writeFileSync(at('srv/package.json'), '{}');
      await refuses('npm', npm, `${at('npm')} belongs to the user games`);
    });

    it('npm: is run where all is root’s, and is run once', async () => {
      writeFileSync(
        at('npm'),
        '#!/bin/sh\nmkdir -p node_modules/x && echo {} >node_modules/x/package.json\n',
        {
          mode: 0o755,
        },
      );
      mkdirSync(at('srv'));
      writeFileSync(at('srv/package.json'), '{}');
      const params = { path: at('srv'), executable: at('npm') };
      expect(await twice('npm', params)).to.deep.equal(['changed', 'ok']);
      writeFileSync(at('srv/package.json'), '{"name":"y"}');
      expect(await twice('npm', params)).to.deep.equal(['changed', 'ok']);
    });

    it('apt: installs no package file but root’s', async () => {
      writeFileSync(at('x.deb'), '');
      give('x.deb');
      await refuses('apt', { deb: at('x.deb') }, `${at('x.deb')} belongs to the user games`);
      await refuses('apt', { deb: at('home/x.deb') }, `${at('home')} belongs to the user games`);
    });

    it('user: makes, moves and removes no home in a folder of a user’s', async () => {
      const because = `${at('home')} belongs to the user games`;
      await refuses('user', { name: 'prov-new', home: at('home/a/new') }, because);
      await refuses('user', { name: 'prov-new', home: at('home/new') }, because);
      await refuses('user', { name: USER.name, home: at('home/new'), move_home: true }, because);
      group('open');
      await refuses(
        'user',
        { name: 'prov-new', home: at('open/new') },
        `others than root may write to ${at('open')}`,
      );
      await refuses(
        'user',
        { name: 'prov-new', home: '/tmp/prov-new' },
        'others than root may write to /tmp',
      );
      expect(existsSync(at('home/new'))).to.equal(false);
      expect(() => execFileSync('id', ['prov-new'], { stdio: 'ignore' })).to.throw();
    });
  });

  describe('all below a folder', () => {
    const params = (): Params => ({
      path: at('tree'),
      state: 'directory',
      owner: USER.name,
      group: USER.name,
      recurse: true,
    });
    beforeEach(() => {
      mkdirSync(at('tree/sub/deep'), { recursive: true });
      for (const name of ['f', 'sub/f', 'sub/deep/f']) writeFileSync(at(`tree/${name}`), '', { mode: 0o644 });
      symlinkSync(at('secret'), at('tree/sub/link'));
    });
    const owners = (): string[] =>
      ['.', 'f', 'sub', 'sub/f', 'sub/link', 'sub/deep/f'].map((name) =>
        own(`tree/${name}`).replace(/ .*/, ''),
      );

    it('is given away in one run, and then is so', async () => {
      expect(await twice('file', params())).to.deep.equal(['changed', 'ok']);
      expect(new Set(owners())).to.deep.equal(new Set(['5:60']));
      expect(await twice('file', { ...params(), mode: 'u=rwX,go=' })).to.deep.equal(['changed', 'ok']);
      expect([own('tree'), own('tree/sub/deep/f'), own('secret')]).to.deep.equal([
        '5:60 700',
        '5:60 600',
        '0:0 600',
      ]);
    });

    it('is given away though a part of it was before', async () => {
      give('tree/sub/deep/f', 'tree/sub/deep', 'tree/f');
      expect(await twice('file', params())).to.deep.equal(['changed', 'ok']);
      expect(new Set(owners())).to.deep.equal(new Set(['5:60']));
    });

    it('is refused before anything is changed where the folder was given away first', async () => {
      give('tree');
      const before = owners();
      await refuses('file', params(), `${at('tree/')}`);
      await refuses('file', { ...params(), mode: '0700' }, "below a folder of games's");
      expect(owners()).to.deep.equal(before);
      chownSync(at('tree'), 0, 0);
      expect(await twice('file', params())).to.deep.equal(['changed', 'ok']);
    });

    it('is refused before anything is changed where a part of it is another user’s', async () => {
      give('tree/sub', 'tree/sub/f');
      const before = owners();
      await refuses('file', params(), at('tree/sub/'));
      await refuses('file', { ...params(), owner: 'root', group: 'root' }, at('tree/sub/'));
      expect(owners()).to.deep.equal(before);
    });

    it('is taken back where nothing in a folder below is a user’s', async () => {
      give('tree', 'tree/f');
      expect(await twice('file', { ...params(), owner: 'root', group: 'root' })).to.deep.equal([
        'changed',
        'ok',
      ]);
      give('tree/sub');
      expect(await twice('file', { ...params(), owner: 'root', group: 'root' })).to.deep.equal([
        'changed',
        'ok',
      ]);
      expect(new Set(owners())).to.deep.equal(new Set(['0:0']));
    });

    it('is left alone where others may exchange names, unless it is so', async () => {
      group('open');
      mkdirSync(at('open/d'));
      writeFileSync(at('open/d/f'), '', { mode: 0o644 });
      const below = { path: at('open'), state: 'directory', recurse: true };
      expect(await task('file', { ...below, owner: 'root' })).to.equal('ok');
      await refuses('file', { ...below, mode: 'u=rwX,go=' }, `others than root may write to ${at('open')}`);
    });
  });

  describe('folders of root’s that others may write to', () => {
    for (const [title, mode] of [
      ['a group', 0o2775],
      ['everybody', 0o777],
    ] as const) {
      it(`work again and again: ${title}`, async () => {
        group('open', mode);
        const folder = { path: at('open/html'), state: 'directory', group: USER.name, mode: '2775' };
        expect(await twice('file', folder)).to.deep.equal(['changed', 'ok']);
        for (const path of ['open/x', 'open/html/index.html']) {
          const file = { dest: at(path), content: 'x\n', mode: '0644' };
          expect(await twice('copy', file), path).to.deep.equal(['changed', 'ok']);
          expect(await twice('copy', { ...file, content: 'y\n' })).to.deep.equal(['changed', 'ok']);
          expect(await twice('copy', { ...file, content: 'y\n', mode: '0640' })).to.deep.equal([
            'changed',
            'ok',
          ]);
          expect(own(path)).to.match(/^0:\d+ 640$/);
          expect(readFileSync(at(path), 'utf8')).to.equal('y\n');
        }
        expect(await twice('file', { ...folder, mode: '0755' })).to.deep.equal(['changed', 'ok']);
        expect(own('open/html')).to.equal(`0:${USER.gid} 755`);
        const link = { path: at('open/link'), src: at('open/x'), state: 'link' };
        expect(await twice('file', link)).to.deep.equal(['changed', 'ok']);
        const touched = { path: at('open/t'), state: 'touch', mode: '0600', group: USER.name };
        const still = { access_time: 'preserve', modification_time: 'preserve' };
        expect(await twice('file', { ...touched, ...still })).to.deep.equal(['changed', 'ok']);
        expect(own('open/t')).to.equal(`0:${USER.gid} 600`);
        expect(await task('file', { path: at('open/x'), state: 'absent' })).to.equal('changed');
        expect(readdirSync(at('open')).sort()).to.deep.equal(['html', 'link', 't']);
      });
    }

    it('are reached by links of root’s', async () => {
      group('open');
      symlinkSync('open', at('to-open'));
      expect(await twice('copy', { dest: at('to-open/x'), content: 'x\n', mode: '0600' })).to.deep.equal([
        'changed',
        'ok',
      ]);
      const folder = { path: at('to-open/d'), state: 'directory', mode: '0700' };
      expect(await twice('file', folder)).to.deep.equal(['changed', 'ok']);
      expect(await twice('file', { ...folder, mode: '0750' })).to.deep.equal(['changed', 'ok']);
    });

    it('what cannot be done there is refused before anything is changed', async () => {
      group('open');
      writeFileSync(at('open/f'), 'x\n', { mode: 0o600 });
      writeFileSync(at('open/hard'), 'x\n');
      symlinkSync(at('secret'), at('open/link'));
      const because = `others than root may write to ${at('open')}`;
      await refuses('file', { path: at('open/f'), mode: '0644' }, because);
      await refuses('file', { path: at('open/f'), state: 'touch' }, because);
      await refuses('file', { path: at('open/link'), mode: '0644' }, because);
      await refuses('lineinfile', { path: at('open/f'), line: 'y' }, because);
      await refuses('copy', { dest: at('open/f'), content: 'y\n', backup: true }, because);
      await refuses('copy', { src: at('open/f'), dest: at('out'), remote_src: true }, because);
      await refuses('stat', { path: at('open/link'), follow: true }, because);
      await refuses('stat', { path: at('open/f'), get_checksum: true }, because);
      await refuses('authorized_key', { user: 'root', key: KEY, path: at('open/keys') }, because);
      await refuses('wait_for', { path: at('open/f'), search_regex: 'x' }, 'others than root may write to');
      await refuses('copy', { dest: at('open/link'), content: 'x\n' }, because);
      expect(readFileSync(at('secret'), 'utf8')).to.equal('of root\n');
      expect(own('open/f')).to.equal(`0:${USER.gid} 600`);
    });
  });

  describe('what a user’s folder does not allow', () => {
    it('is refused before a part of it is done', async () => {
      const path = at('home/akd/keys');
      await refuses(
        'authorized_key',
        { user: 'root', key: KEY, path: at('home/keys') },
        "a folder of games's",
      );
      await refuses(
        'authorized_key',
        { user: 'daemon', key: KEY, path, manage_dir: true },
        "a folder of games's",
      );
      expect(readdirSync(at('home'))).to.deep.equal([]);
      const keys = { user: USER.name, key: KEY, path, manage_dir: true };
      expect(await twice('authorized_key', keys)).to.deep.equal(['changed', 'ok']);
      mkdirSync(at('tmp'));
      chmodSync(at('tmp'), 0o1777);
      writeFileSync(at('tmp/f'), 'x\n');
      chownSync(at('tmp/f'), USER.uid, 0);
      await refuses('lineinfile', { path: at('tmp/f'), line: 'y' }, 'belongs to the group root');
      await refuses('copy', { dest: at('tmp/f'), content: 'y\n' }, 'belongs to the group root');
      const line = { path: at('tmp/f'), line: 'y', group: USER.name };
      expect(await twice('lineinfile', line)).to.deep.equal(['changed', 'ok']);
    });

    it('is not told as if it were known', async () => {
      mkdirSync(at('closed'), { mode: 0o700 });
      writeFileSync(at('closed/f'), 'SECRET\n');
      symlinkSync(at('closed/f'), at('home/link'));
      await refuses('stat', { path: at('home/link'), follow: true }, 'cannot be told');
      await refuses('copy', { src: at('home/link'), dest: at('out'), remote_src: true }, 'cannot be told');
      expect(await task('stat', { path: at('home/link') })).to.equal('ok');
      expect(
        await task('wait_for', {
          path: at('home/link'),
          search_regex: 'SECRET',
          timeout: 1,
          msg: 'not there',
        }),
      ).to.contain('not there');
      writeFileSync(at('home/f'), 'ready\n');
      expect(await task('wait_for', { path: at('home/f'), search_regex: '^ready' })).to.equal('ok');
    });
  });

  const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKEYONE me';
});
