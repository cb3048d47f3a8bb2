import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run } from '../../src/cli.js';
import { cleanUp, ioOf, isRunning, project, type Project } from '../controller/project.js';

const site = (): Project =>
  project(
    {
      'site.yml': `
- hosts: all
  tasks:
    - { name: fails, command: 'false', when: vars.fail }
  verify:
    - { name: check, command: "test <%= vars.bad ?? 'good' %> = good", timeout: 0.1 }
`,
      'mixed.yml': `
- hosts: all
  tasks: [{ command: 'false', when: inventory_hostname == 'web1' }, { command: 'true' }]
`,
      'inventory-gone.yml':
        'all: { hosts: { web1: { ansible_connection: local }, gone: { ansible_host: 127.0.0.1, ansible_port: 1 } } }',
    },
    ['web1'],
  );

describe('exit codes', () => {
  cleanUp();

  it('tell success, a failed task, an unreachable host, a failed check and a mistake apart', async () => {
    const one = site();
    const code = async (...args: string[]): Promise<number> => (await one.cli(...args)).code;
    expect(await code('site.yml')).to.equal(0);
    expect(await code('site.yml', '-e', '{"fail": true}')).to.equal(1);
    expect(await code('-i', 'inventory-gone.yml', 'site.yml')).to.equal(3);
    expect(await code('site.yml', '-e', 'bad=bad')).to.equal(4);
    expect(await code('no-such.yml')).to.equal(5);
    expect(await code('--no-such-option')).to.equal(5);
    expect(await code('-i', 'inventory-gone.yml', 'mixed.yml')).to.equal(1);
    for (const word of ['--help', '--version', 'help']) {
      const { io, said } = ioOf(one.dir);
      await run([word], io);
      expect(said().code).to.equal(0);
      expect(said().stdout).to.match(word === '--version' ? /^\d+\.\d+\.\d+\n$/ : /Usage: provision/);
    }
  });

  it('of an unreachable host: the others are done, and only it is not', async () => {
    const one = site();
    const { stdout } = await one.cli('-i', 'inventory-gone.yml', 'site.yml');
    expect(stdout).to.match(/UNREACH +gone/);
    expect(stdout).to.match(/^ +web1 +0 +0 +0 +0 +1 +1\/1/m);
    expect(stdout).to.match(/^ +gone +0 +0 +0 +1 +1 +0\/0/m);
  });

  it('of an interrupted command are 130, and no further step begins', async () => {
    const one = project({
      'site.yml': `
- hosts: all
  tasks:
    - { name: first, shell: 'touch "<%= out %>/begun"; sleep 0.5; touch "<%= out %>/ended"' }
    - { name: second, copy: { dest: "<%= out %>/second", content: x } }
`,
    });
    const stop = new AbortController();
    const { io, said } = ioOf(one.dir, { interrupted: stop.signal });
    const running = run(['-i', 'inventory.yml', 'site.yml'], io);
    while (one.read('begun') === undefined) await setTimeout(10);
    stop.abort();
    await running;
    expect(said().code).to.equal(130);
    expect(one.read('ended')).to.equal('');
    expect(one.read('second')).to.equal(undefined);
    // What is left is said, and the recap and the journal are there.
    expect(said().stdout).to.match(/^INTERRUPTED .*\n {2}left {6}web1 {2}1 task left; next: second$/m);
    expect(said().stdout).to.match(/^ {2}web1 +1 +1 +0/m);
    expect((await one.cli('runs')).stdout).to.match(/ run +site\.yml +1 +1 +0 +130 /);
    // Also when the command ends with an error.
    const again = ioOf(one.dir, { interrupted: stop.signal });
    await run(['-i', 'inventory.yml', 'none.yml'], again.io);
    expect(again.said().code).to.equal(130);
  });

  it('of the process: SIGINT lets the step end, a second one does not wait', async () => {
    const one = project({
      'site.yml': `
- hosts: all
  tasks: [{ name: waits, shell: 'echo $$ > "<%= out %>/pid"; exec sleep <%= seconds %>' }]
`,
    });
    const begun = async (
      seconds: number,
    ): Promise<{ stop: () => void; code: Promise<unknown[]>; pid: number }> => {
      const child = one.spawn('site.yml', '-e', `seconds=${seconds}`);
      const code = once(child, 'close');
      while ((one.read('pid') ?? '') === '') await setTimeout(20);
      return { stop: () => child.kill('SIGINT'), code, pid: Number(one.read('pid')) };
    };
    const first = await begun(1);
    first.stop();
    expect((await first.code)[0]).to.equal(130);
    one.write({ 'hosts/web1/pid': '' });
    const second = await begun(60);
    second.stop();
    await setTimeout(100);
    second.stop();
    expect((await second.code)[0]).to.equal(130);
    // Neither the recap nor the journal is lost.
    const runs = await one.cli('runs');
    expect(runs.stdout.match(/ run +site\.yml +1 +\d +\d +130 /g)).to.have.length(2);
    expect((await one.cli('runs', 'show', 'last')).stdout).to.match(
      /FAILED +web1 +waits\n.*stopped[\s\S]*^ {2}web1 +0 +0 +1/m,
    );
    for (let tries = 0; tries < 200 && isRunning(second.pid); tries += 1) await setTimeout(20);
    expect(isRunning(second.pid)).to.equal(false);
  });

  it('lists make no connection', async () => {
    const one = project({
      'site.yml': `
- name: Play
  hosts: all
  pre_tasks: [{ name: pre, command: 'touch "<%= inventory_dir %>/touched"', tags: x }]
  roles: [r]
  tasks: [{ name: task, command: 'true', tags: [y, z] }]
`,
      'roles/r/tasks/main.yml': `- { name: in role, command: 'true' }`,
      'inventory.yml':
        'all: { hosts: { web1: { ansible_host: 192.0.2.1 }, web2: { ansible_host: 192.0.2.2 } } }',
    });
    one.write({
      'inventory.yml':
        'all: { hosts: { web1: { ansible_host: 192.0.2.1 }, web2: { ansible_host: 192.0.2.2 } } }',
    });
    const began = Date.now();
    const tasks = await one.cli('--list-tasks', 'site.yml');
    expect(tasks.code).to.equal(0);
    expect(tasks.stdout).to.match(
      /pre\tTAGS: \[x\][\s\S]*r : in role\tTAGS: \[\][\s\S]*task\tTAGS: \[y, ?z\]/,
    );
    const tagged = await one.cli('--list-tasks', '-t', 'y', 'site.yml');
    expect(tagged.stdout).to.include('task').and.not.include('in role');
    const hosts = await one.cli('--list-hosts', '-l', 'web2', 'site.yml');
    expect(hosts.stdout).to.match(/hosts \(1\):\n +web2\n/);
    expect(Date.now() - began).to.be.lessThan(5000);
    expect(existsSync(join(one.dir, 'touched'))).to.equal(false);
  });
});

describe('the built command line', () => {
  cleanUp();

  it('runs a playbook, prints it and ends with its code', async function () {
    const bin = fileURLToPath(new URL('../../bin/provision.js', import.meta.url));
    if (!existsSync(fileURLToPath(new URL('../../dist/cli.js', import.meta.url)))) this.skip();
    const one = site();
    const run = (...args: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [bin, '-i', 'inventory.yml', ...args], { cwd: one.dir, encoding: 'utf8' });
    const good = run('site.yml');
    expect(good.status).to.equal(0);
    expect(good.stdout).to.match(/^ {2}verified {2}web1 {2}check$/m);
    const bad = run('site.yml', '-e', '{"fail": true}');
    expect(bad.status).to.equal(1);
    expect(bad.stdout).to.match(/FAILED +web1 +fails/);
    const wrong = run('none.yml');
    expect([wrong.status, wrong.stdout]).to.deep.equal([5, '']);
    expect(wrong.stderr).to.match(/^error: there is no playbook none\.yml/);
  });

  it('says that its output cannot be written, without a stack', function () {
    const bin = fileURLToPath(new URL('../../bin/provision.js', import.meta.url));
    if (!existsSync(fileURLToPath(new URL('../../dist/cli.js', import.meta.url)))) this.skip();
    if (!existsSync('/dev/full')) this.skip();
    const full = openSync('/dev/full', 'w');
    const ran = spawnSync(process.execPath, [bin, '--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(ran.status).to.equal(74);
    expect(ran.stderr).to.match(/^warning: standard output cannot be written: the disk is full: .*\n$/);
  });
});

describe('variables of a command line', () => {
  cleanUp();

  it('group_vars and host_vars beside the playbook win over those beside the inventory', async () => {
    const one = project({
      'plays/site.yml': `
- { hosts: all, tasks: [{ debug: { msg: "<%= [a, b, c, d].join() %>" } }] }
`,
      'group_vars/all.yml': 'a: inventory\nb: inventory\nc: inventory\nd: inventory\n',
      'plays/group_vars/all.yml': 'b: playbook\nc: playbook\nd: playbook\n',
      'host_vars/web1.yml': 'c: inventory host\nd: inventory host\n',
      'plays/host_vars/web1.yml': 'd: playbook host\n',
    });
    const { messages } = await one.play('plays/site.yml');
    expect(messages()).to.deep.equal(['inventory,playbook,inventory host,playbook host']);
  });

  it('names with a meaning of their own are refused in plays and with -e', async () => {
    const one = project({
      'site.yml': '- { hosts: all, vars: { lookup: 1 } }',
      'other.yml': '- { hosts: all }',
    });
    expect((await one.cli('site.yml')).stderr).to.match(/"lookup".*cannot/);
    expect((await one.cli('other.yml', '-e', 'groups=1')).stderr).to.match(/"groups".*cannot/);
    one.write({ 'extra.yml': '\nhostvars: 1\n' });
    expect((await one.cli('other.yml', '-e', '@extra.yml')).stderr).to.match(
      /^error: extra\.yml:2:\d+: "hostvars"/,
    );
  });
});
