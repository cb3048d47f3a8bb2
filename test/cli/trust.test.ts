import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run } from '../../src/cli.js';
import { cleanUp, ioOf, project, type Finished, type Project } from '../controller/project.js';

/** The user `daemon`: who is neither who runs this nor root. */
const OTHER = 1;

const site = (files: Readonly<Record<string, string>> = {}): Project =>
  project({
    'site.yml': '- hosts: all\n  roles: [web]\n',
    'roles/web/tasks/main.yml': '- { name: touch, command: \'touch "<%= out %>/done"\' }\n',
    ...files,
  });

/** A file or folder of somebody else. */
function giveAway(one: Project, ...names: string[]): void {
  for (const name of names) chownSync(join(one.dir, name), OTHER, OTHER);
}

async function cli(one: Project, env: Record<string, string>, ...args: string[]): Promise<Finished> {
  const { io, said } = ioOf(one.dir, { env });
  await run(args, io);
  return said();
}

describe('what somebody else could have written', function () {
  cleanUp();
  before(function () {
    // Files of another user are made here.
    if (process.geteuid?.() !== 0) this.skip();
  });

  it('is not used: playbooks, roles, templates, inventories, group_vars; all are named at once', async () => {
    const one = site({
      'group_vars/all.yml': 'x: 1\n',
      'roles/web/templates/t.ejs': 'text',
      'roles/web/tasks/more.yml': "- template: { src: t.ejs, dest: '<%= out %>/t' }\n",
      'roles/web/handlers/main.yml': '[]\n',
    });
    one.write({ 'roles/web/tasks/main.yml': '- import_tasks: more.yml\n' });
    giveAway(one, 'site.yml', 'roles/web/tasks/main.yml', 'roles/web/templates/t.ejs', 'group_vars/all.yml');
    chmodSync(join(one.dir, 'inventory.yml'), 0o666);
    const { stderr, code } = await one.cli('site.yml');
    expect(code).to.equal(5);
    expect(stderr).to.include('could have been written by somebody else');
    expect(stderr).to.include('site.yml (owner daemon, mode 0644): neither you nor root own it');
    expect(stderr).to.include('inventory.yml (owner root, mode 0666): everybody can write to it');
    for (const name of ['roles/web/tasks/main.yml', 'roles/web/templates/t.ejs', 'group_vars/all.yml'])
      expect(stderr).to.include(`${name} (owner daemon`);
    expect(stderr).to.include(`PROVISION_TRUST=${one.dir}`);
    expect(one.read('done')).to.equal(undefined);
  });

  for (const [name, args] of [
    ['roles/web', []],
    ['roles', []],
    ['vars.yml', ['-e', '@vars.yml']],
    ['password', ['--vault-password-file', 'password']],
    ['hosts.txt', ['-l', '@hosts.txt']],
    ['.provision', []],
    ['home/.ssh/config', []],
  ] as const) {
    it(`is not used: ${name}`, async () => {
      const one = site({
        'vars.yml': 'a: 1\n',
        password: 'x\n',
        'hosts.txt': 'web1\n',
        'home/.ssh/config': '',
      });
      mkdirSync(join(one.dir, '.provision'));
      // Named as users do, from the folder that they are in.
      const given = args.map((arg) => (arg === '@hosts.txt' ? `@${join(one.dir, 'hosts.txt')}` : arg));
      expect((await one.cli(...given, 'site.yml')).code).to.equal(0);
      giveAway(one, name);
      const { stderr, code } = await one.cli(...given, 'site.yml');
      expect(stderr).to.include(`${name} (owner daemon`);
      expect(code).to.equal(5);
    });
  }

  it('is not used: an empty folder that hides a role of that name further on', async () => {
    const one = site({ 'roles/common/tasks/.keep': '', 'mine.yml': '- hosts: all\n  roles: [common]\n' });
    giveAway(one, 'roles/common/tasks', 'roles/common');
    const { stderr, code } = await one.cli('mine.yml', '--list-tasks');
    expect(code, stderr).to.equal(5);
    expect(stderr).to.include('roles/common (owner daemon, mode 0755): neither you nor root own it');
  });

  it('is used with consent, which names the folder, and holds for no other', async () => {
    const one = site();
    giveAway(one, '.', 'site.yml', 'roles/web/tasks/main.yml', 'inventory.yml');
    const args = ['-i', 'inventory.yml', 'site.yml'];
    expect((await cli(one, { PROVISION_TRUST: `/nowhere:${one.dir}` }, ...args)).code).to.equal(0);
    expect(one.read('done')).to.equal('');
    expect((await cli(one, { PROVISION_TRUST: join(one.dir, 'roles') }, ...args)).code).to.equal(5);
    expect((await cli(one, { PROVISION_TRUST: '.' }, ...args)).code).to.equal(5);
  });

  it('is that of who called root through sudo, no more', async () => {
    const one = site();
    giveAway(one, '.', 'site.yml');
    const args = ['-i', 'inventory.yml', 'site.yml'];
    expect((await cli(one, { SUDO_UID: '2' }, ...args)).code).to.equal(5);
    expect((await cli(one, { SUDO_UID: String(OTHER) }, ...args)).code).to.equal(0);
  });

  it('is not run: a script as the inventory', async () => {
    const one = site();
    const script = join(one.dir, 'script');
    writeFileSync(script, `#!/bin/sh\ntouch ${one.dir}/was-run\necho '{"all": ["web1"]}'\n`, { mode: 0o755 });
    giveAway(one, 'script');
    for (const args of [
      ['-i', 'script', 'site.yml'],
      ['inventory', '-i', 'script', '--list'],
      ['cluster', 'status', '-i', 'script'],
    ]) {
      const { stderr, code } = await cli(one, {}, ...args);
      expect(stderr).to.include('script (owner daemon');
      expect(code).to.equal(5);
    }
    expect(existsSync(join(one.dir, 'was-run'))).to.equal(false);
  });

  it('is not run: an other one than the own playbook, found in a folder that is open to all', async () => {
    const one = project({
      'safe/inventory.yml': 'all: { hosts: { web1: { ansible_connection: local } } }\n',
    });
    chmodSync(one.dir, 0o1777);
    one.write({ 'site.yml': '- hosts: all\n  tasks: [{ command: "true" }]\n' });
    giveAway(one, 'site.yml');
    const { stderr, code } = await cli(one, {}, '-i', 'safe/inventory.yml', '--list-tasks');
    expect(stderr).to.include('site.yml (owner daemon');
    expect(code).to.equal(5);
  });

  it('is not used while hosts are worked on: files to copy, includes, lookups', async () => {
    const one = project({
      'files/a': 'a',
      'files/tree/b': 'b',
      'templates/t.ejs': "<%- include('part.ejs') %>",
      'templates/part.ejs': 'part',
      looked: 'x',
      'site.yml': `
- hosts: all
  gather_facts: false
  tasks:
    - { name: copy, copy: { src: a, dest: "<%= out %>/a" }, ignore_errors: true }
    - { name: tree, copy: { src: tree/, dest: "<%= out %>/tree/" }, ignore_errors: true }
    - { name: template, template: { src: t.ejs, dest: "<%= out %>/t" }, ignore_errors: true }
    - { name: lookup, copy: { content: "<%= lookup('file', 'looked') %>", dest: "<%= out %>/l" }, ignore_errors: true }
    - { name: password, copy: { content: "<%= lookup('password', 'kept/pw') %>", dest: "<%= out %>/p" }, ignore_errors: true }
`,
    });
    mkdirSync(join(one.dir, 'kept'));
    giveAway(one, 'files/a', 'files/tree/b', 'templates/part.ejs', 'looked', 'kept');
    const played = await one.play();
    expect(played.errors().map(({ message }) => message)).to.have.length(5);
    for (const { message, detail } of played.errors())
      expect(`${message} ${detail.join(' ')}`).to.match(
        /could have been written by somebody else.*owner daemon/,
      );
    expect(readdirSync(join(one.dir, 'hosts/web1'))).to.deep.equal([]);
    expect(readdirSync(join(one.dir, 'kept'))).to.deep.equal([]);
  });

  it('is not shown or believed: a journal', async () => {
    const one = site();
    expect((await one.cli('site.yml')).code).to.equal(0);
    giveAway(one, '.provision/runs');
    for (const args of [['runs'], ['runs', 'show', 'last']]) {
      const { stderr, code } = await one.cli(...args);
      expect(stderr).to.include('.provision/runs (owner daemon');
      expect(code).to.equal(5);
    }
    expect((await one.cli('--rerun', 'failed', 'site.yml')).code).to.equal(5);
  });

  it('keeps no journal: a run in such a folder goes on without it, and says so', async () => {
    const one = site();
    const other = project({});
    giveAway(other, '.');
    const { io, said } = ioOf(other.dir);
    await run(['-i', join(one.dir, 'inventory.yml'), join(one.dir, 'site.yml')], io);
    expect(said().stderr).to.match(/^warning: this run has no journal: .*owner daemon.*\n$/);
    expect(said().code).to.equal(0);
    expect(readdirSync(other.dir)).to.not.include('.provision');
  });

  it('is not followed: a link of somebody else', async () => {
    const one = site({ 'real.yml': '- hosts: all\n  tasks: [{ command: "true" }]\n' });
    chmodSync(one.dir, 0o1777);
    symlinkSync('real.yml', join(one.dir, 'linked.yml'));
    expect((await one.cli('linked.yml')).code).to.equal(0);
    execFileSync('chown', ['-h', String(OTHER), join(one.dir, 'linked.yml')]);
    expect((await one.cli('linked.yml')).stderr).to.include('linked.yml (owner daemon');
  });

  it('two users: what one puts into a shared folder, the other does not run', function () {
    this.timeout(60_000);
    const main = fileURLToPath(new URL('../controller/main.ts', import.meta.url));
    const as = (user: string, cwd: string, args: readonly string[]): SpawnSyncReturns<string> =>
      spawnSync(
        'setpriv',
        [
          ...[`--reuid=${user}`, `--regid=${user}`, '--clear-groups', 'env', `HOME=${cwd}/${user}`],
          ...[process.execPath, '--import', import.meta.resolve('tsx'), main, ...args],
        ],
        { cwd, encoding: 'utf8' },
      );
    const one = project({
      'games/inv.yml': 'all: { hosts: { web1: { ansible_connection: local } } }\n',
      'games/site.yml': '- hosts: all\n  tasks: [{ command: "true" }]\n',
    });
    chmodSync(one.dir, 0o1777);
    execFileSync('chown', ['-R', 'games:games', join(one.dir, 'games')]);
    const first = as('games', one.dir, ['-i', 'games/inv.yml', 'games/site.yml']);
    if (/Cannot find module|EACCES/.test(first.stderr)) this.skip(); // the checkout is closed to others
    expect([first.stderr, first.status]).to.deep.equal(['', 0]);
    one.write({ 'site.yml': '- hosts: all\n  tasks: [{ command: "true" }]\n' });
    giveAway(one, 'site.yml');
    const second = as('games', one.dir, ['-i', 'games/inv.yml']);
    expect(second.stderr).to.include('site.yml (owner daemon');
    expect(second.status).to.equal(5);
  });
});

describe('a user without an entry in passwd', () => {
  cleanUp();

  it('can do everything', function () {
    if (process.geteuid?.() !== 0) this.skip();
    this.timeout(60_000);
    const one = site();
    execFileSync('chown', ['-R', '54321:54321', one.dir]);
    const main = fileURLToPath(new URL('../controller/main.ts', import.meta.url));
    for (const [env, args] of [
      [[], ['-i', 'inventory.yml', 'site.yml']],
      [['--unset=HOME'], ['runs']],
      [['--unset=HOME'], ['exec', '-i', 'inventory.yml', 'all', '--', 'true']],
    ] as const) {
      const { stderr, status } = spawnSync(
        'setpriv',
        [
          ...['--reuid=54321', '--regid=54321', '--clear-groups', 'env', ...env],
          ...[process.execPath, '--import', import.meta.resolve('tsx'), main, ...args],
        ],
        { cwd: one.dir, encoding: 'utf8', env: { ...process.env, HOME: one.dir } },
      );
      if (/Cannot find module|EACCES/.test(stderr)) this.skip();
      expect([stderr, status]).to.deep.equal(['', 0]);
    }
    expect(one.read('done')).to.equal('');
  });
});
