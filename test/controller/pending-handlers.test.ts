import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { LockedError } from '../../src/agent/locked-error.js';
import { cleanUp, isRunning, project, type Project } from './project.js';

const site = (tasks: string, more = ''): Project =>
  project({
    'site.yml': `
- hosts: all
  tasks:
    - name: file
      copy: { dest: "<%= out %>/a", content: a }
      notify: lost handler
${tasks}
  handlers:
    - { name: lost handler, shell: 'echo handled >> "<%= out %>/log"' }
${more}
`,
  });

describe('a handler that its run did not come to', () => {
  cleanUp();

  it('runs in the next run although nothing changes any more, and only in that one', async () => {
    const one = site(`    - { name: fails, command: 'false', when: vars.fail }`);
    const first = await one.play('-e', '{"fail": true}');
    expect(first.tasks()).to.deep.equal(['changed file', 'failed fails']);
    expect(one.read('log')).to.equal(undefined);
    const second = await one.play();
    expect(second.tasks()).to.deep.equal(['ok file', 'skipped fails', 'changed lost handler']);
    const third = await one.play();
    expect(third.tasks()).to.deep.equal(['ok file', 'skipped fails']);
    expect(one.lines('log')).to.deep.equal(['handled']);
    expect(third.events.filter(({ type }) => type === 'warning')).to.deep.equal([]);
  });

  it('is left again when the handler itself fails', async () => {
    const one = site(
      '',
      `    - { name: second handler, shell: 'test -e "<%= out %>/ready" && echo second >> "<%= out %>/log"', listen: lost handler }`,
    );
    expect((await one.play()).of('web1').failed).to.equal(1);
    one.write({ 'hosts/web1/ready': '' });
    await one.play();
    expect(one.lines('log')).to.deep.equal(['handled', 'second']);
    await one.play();
    expect(one.lines('log')).to.deep.equal(['handled', 'second']);
  });

  it('counts only where its writer may do what it does', async function () {
    if (process.getuid?.() !== 0 || spawnSync('sudo', ['-n', 'true']).status !== 0) this.skip();
    const user = 'provision-noter';
    const home = mkdtempSync(join(tmpdir(), 'noter-'));
    try {
      execFileSync('useradd', ['-r', '-M', '-d', home, '-s', '/bin/sh', user]);
      const uid = Number(execFileSync('id', ['-u', user]).toString());
      const pending = join(home, '.local/state/provision/pending');
      mkdirSync(pending, { recursive: true });
      for (const name of ['root%27s%20handler', 'own%20handler', 'x'.repeat(300)])
        writeFileSync(join(pending, name.slice(0, 20)), `${name}\n`);
      for (const path of [
        home,
        '.local',
        '.local/state',
        '.local/state/provision',
        '.local/state/provision/pending',
      ])
        chownSync(path === home ? home : join(home, path), uid, uid);
      const one = project({
        'site.yml': `
- hosts: all
  tasks:
    - { name: as the user, command: 'true', become: true, become_user: ${user}, changed_when: false }
  handlers:
    - { name: "root's handler", shell: 'echo root >> "<%= out %>/log"' }
    - { name: own handler, command: id -un, become: true, become_user: ${user}, changed_when: false }
`,
      });
      const run = await one.play();
      expect(run.tasks()).to.deep.equal(['ok as the user', 'ok own handler']);
      expect(one.read('log')).to.equal(undefined);
      const warning = run.events.find(({ type }) => type === 'warning') as { message: string } | undefined;
      expect(warning?.message)
        .to.contain("root's handler")
        .and.to.contain('1 more')
        .and.not.to.contain('xxx');
    } finally {
      spawnSync('userdel', [user]);
      rmSync(home, { recursive: true, force: true });
    }
  });

  it('is told of by a run that does not have it, and kept', async () => {
    const one = site(`    - { name: fails, command: 'false', when: vars.fail }`);
    await one.play('-e', '{"fail": true}');
    one.write({ 'other.yml': `- { hosts: all, tasks: [{ command: 'true' }] }` });
    const { events } = await one.play('other.yml');
    expect(events.find(({ type }) => type === 'warning')).to.include({ host: 'web1' });
    await one.play();
    expect(one.lines('log')).to.deep.equal(['handled']);
  });

  it('is not run by a dry run and still due after it', async () => {
    const one = site(`    - { name: fails, command: 'false', when: vars.fail }`);
    await one.play('-e', '{"fail": true}');
    await one.play('--check');
    expect(one.read('log')).to.equal(undefined);
    await one.play();
    expect(one.lines('log')).to.deep.equal(['handled']);
  });

  it('runs after the controller was killed with SIGKILL, and nothing of that run goes on', async () => {
    const one = site(
      `    - { name: waits, shell: 'echo $$ > "<%= out %>/pid"; exec sleep 60', when: vars.wait }`,
    );
    const child = one.spawn('site.yml', '-e', '{"wait": true}');
    const ended = new Promise((resolve) => child.on('close', resolve));
    while (one.read('pid') === undefined || one.read('pid') === '') await setTimeout(20);
    child.kill('SIGKILL');
    await ended;
    const pid = Number(one.read('pid'));
    for (let tries = 0; tries < 200 && isRunning(pid); tries += 1) await setTimeout(20);
    expect(isRunning(pid)).to.equal(false);
    // The lock of the killed run goes with its agent, which looks ten times a second whether all has ended.
    let errors = [];
    do errors = (await one.play()).errors();
    while (errors.some((error) => error instanceof LockedError));
    expect(one.lines('log')).to.deep.equal(['handled']);
  });

  it('is found wherever its task worked: as the login user or as another one', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const one = project({
      'site.yml': `
- hosts: all
  tasks:
    - { name: first, command: id -un, become: true, become_user: nobody, changed_when: false, check_mode: false }
    - name: file
      copy: { dest: "<%= out %>/a", content: a }
      notify: lost handler
    - { name: fails, command: 'false', when: vars.fail }
  handlers:
    - { name: lost handler, shell: 'echo handled >> "<%= out %>/log"' }
`,
    });
    await one.play('-e', '{"fail": true}');
    await one.play();
    expect(one.lines('log')).to.deep.equal(['handled']);
    await one.play();
    expect(one.lines('log')).to.deep.equal(['handled']);
  });

  describe('has its turn behind a task that notifies it', () => {
    const RELEASE = `
- { hosts: all, tasks: [{ name: before, command: 'true', changed_when: false }] %HANDLERS% }
- hosts: all
  tasks:
    - { name: release, copy: { dest: "<%= out %>/release", content: "<%= release %>" }, notify: it answers, when: release !== 'skipped' }
    - { name: flush, meta: flush_handlers }
    - { name: after, command: 'true', changed_when: false }
  handlers: &handlers
    - { name: it answers, shell: 'echo run >> "<%= out %>/log"; grep -q good "<%= out %>/release"', changed_when: false }
`;
    // The first play has the same handler, as two plays of one role do.
    const releases = (): Project =>
      project({
        'site.yml': RELEASE.replace(
          ' %HANDLERS% }',
          `, handlers: [{ name: it answers, shell: 'echo early >> "<%= out %>/log"; grep -q good "<%= out %>/release"', changed_when: false }] }`,
        ).replace(' &handlers', ''),
      });

    it('so that what it fails with can be replaced', async () => {
      const one = releases();
      const broken = await one.play('-e', 'release=bad');
      expect(broken.tasks().slice(-2)).to.deep.equal(['changed release', 'failed it answers']);
      const mended = await one.play('-e', 'release=good');
      expect(mended.tasks()).to.deep.equal(['ok before', 'changed release', 'ok it answers', 'ok after']);
      expect(one.lines('log')).to.deep.equal(['run', 'run']);
      expect((await one.play('-e', 'release=good')).tasks()).to.deep.equal([
        'ok before',
        'ok release',
        'ok after',
      ]);
    });

    it('also when that task changes nothing, and where all that could notify it were skipped', async () => {
      const one = releases();
      await one.play('-e', 'release=bad');
      const same = await one.play('-e', 'release=bad');
      expect(same.tasks()).to.deep.equal(['ok before', 'ok release', 'failed it answers']);
      one.write({ 'hosts/web1/release': 'good' });
      const skipped = await one.play('-e', 'release=skipped');
      expect(skipped.tasks()).to.deep.equal(['ok before', 'skipped release', 'ok it answers', 'ok after']);
      expect(one.lines('log')).to.deep.equal(['run', 'run', 'run']);
    });

    it('also when another handler or a name from a variable leads to it', async () => {
      const two = project({
        'site.yml': `
- hosts: all
  pre_tasks: [{ name: before, command: 'true', changed_when: false }]
  tasks:
    - { name: a, copy: { dest: "<%= out %>/a", content: "<%= a %>" }, notify: "<%= 'first' %>" }
  handlers:
    - { name: second, shell: 'echo second >> "<%= out %>/log"; grep -q good "<%= out %>/a"' }
    - { name: first, shell: 'echo first >> "<%= out %>/log"', notify: second }
`,
      });
      expect((await two.play('-e', 'a=bad')).of('web1').failed).to.equal(1);
      const mended = await two.play('-e', 'a=good');
      expect(mended.tasks()).to.deep.equal([
        'ok before',
        'changed a',
        'changed second',
        'changed first',
        'changed second',
      ]);
    });
  });

  it('is not said to be due where nothing was changed, or nothing could be noted', async () => {
    const one = project({
      'site.yml': `
- hosts: all
  tasks:
    - name: refused
      copy: { dest: "<%= out %>/a", content: a, validate: "false %s" }
      notify: lost handler
  handlers:
    - { name: lost handler, command: 'true' }
`,
    });
    const { events, errors } = await one.play();
    expect(errors()).to.have.length(1);
    expect(events.filter(({ type }) => type === 'warning')).to.deep.equal([]);
  });

  it('that cannot be noted is an error before anything is changed, and is not due', async function () {
    if (process.getuid?.() !== 0 || spawnSync('sudo', ['-n', 'true']).status !== 0) this.skip();
    const user = 'provision-noter';
    const home = mkdtempSync(join(tmpdir(), 'noter-'));
    try {
      execFileSync('useradd', ['-r', '-M', '-d', home, '-s', '/bin/sh', user]);
      // A home that is root's: the user cannot write there.
      const one = project({
        'site.yml': `
- hosts: all
  become: true
  become_user: ${user}
  tasks:
    - { name: change, command: 'true', notify: lost handler }
  handlers:
    - { name: lost handler, command: 'true' }
`,
      });
      const { events, errors, tasks } = await one.play();
      expect(tasks()).to.deep.equal(['failed change']);
      expect(errors()[0]).to.include({
        hint: 'nothing was changed: is the disk of the host full, or /var read-only?',
      });
      expect(events.filter(({ type }) => type === 'warning')).to.deep.equal([]);
    } finally {
      spawnSync('userdel', [user]);
      rmSync(home, { recursive: true, force: true });
    }
  });

  it('is listed by provision pending with where it is noted, and dropped by --forget', async () => {
    const one = site(`    - { name: fails, command: 'false', when: vars.fail }`);
    await one.play('-e', '{"fail": true}');
    const listed = await one.cli('pending');
    expect([listed.code, listed.stderr]).to.deep.equal([0, '']);
    expect(listed.stdout).to.match(
      /^web1 +lost handler +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +\S+ \(.+\) +\/\S+\/pending\/lost-handler\.[0-9a-f]{16}$/m,
    );
    const wrong = await one.cli('pending', '--forget', 'lost handlr');
    expect(wrong.code).to.equal(5);
    expect(wrong.stderr).to.include('did you mean "lost handler"').and.to.include('nothing was dropped');
    const data = JSON.parse((await one.cli('pending', '--format', 'json')).stdout) as {
      host: string;
      handler: string;
    }[];
    expect(data.find(({ handler }) => handler === 'lost handler')).to.include({ host: 'web1' });
    const dropped = await one.cli('pending', '--forget', 'lost handler');
    expect([dropped.code, dropped.stderr], dropped.stderr).to.deep.equal([0, '']);
    expect((await one.cli('pending')).stdout).to.not.include('lost handler');
    await one.play();
    expect(one.lines('log')).to.deep.equal([]);
  });
});
