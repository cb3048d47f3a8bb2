import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { beginJournal, newRunId } from '../../src/controller/journal/journal.js';
import { cleanUp, project, type Project } from '../controller/project.js';

const site = (): Project =>
  project(
    {
      'site.yml': `
- hosts: all
  tasks:
    - { name: changes, copy: { dest: "<%= out %>/f", content: "<%= token %>" } }
    - { name: fails, shell: 'echo because >&2; false', when: inventory_hostname == vars.bad }
`,
      'group_vars/all.yml': 'token: x\n',
    },
    ['web1', 'web2'],
  );

const rootOf = (one: Project): string => join(one.dir, '.provision', 'runs');
const idsOf = (one: Project): string[] => readdirSync(rootOf(one)).sort();
const readIn = (one: Project, id: string, name: string): string =>
  readFileSync(join(rootOf(one), id, name), 'utf8');

describe('the journal', () => {
  cleanUp();

  it('keeps events, recap and what the run was, for its owner only', async () => {
    const one = site();
    await one.cli('site.yml', '-e', 'bad=web2', '-e', 'token=typed-secret');
    const [id = ''] = idsOf(one);
    expect(id).to.match(/^\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}$/);
    const record = JSON.parse(readIn(one, id, 'run.json')) as Record<string, unknown>;
    expect(record).to.include({ id, kind: 'run', playbook: 'site.yml', exitCode: 1 });
    expect(record['ended']).to.be.a('string');
    const types = readIn(one, id, 'events.ndjson')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect([types[0], types.at(-1)]).to.deep.equal(['run-start', 'run-end']);
    expect(types).to.include.members(['task-result', 'task-failed']);
    const recap = JSON.parse(readIn(one, id, 'recap.json')) as { hosts: { host: string; failed: number }[] };
    expect(recap.hosts.map(({ host, failed }) => [host, failed])).to.deep.equal([
      ['web1', 0],
      ['web2', 1],
    ]);
    for (const name of readdirSync(join(rootOf(one), id))) {
      expect(readIn(one, id, name), name).to.not.include('typed-secret');
      expect(statSync(join(rootOf(one), id, name)).mode & 0o077, name).to.equal(0);
    }
    expect(statSync(join(rootOf(one), id)).mode & 0o077).to.equal(0);
  });

  it('writes what says nothing new in its place, before anything else happens', async () => {
    const root = mkdtempSync(join(tmpdir(), 'provision-journal-'));
    const about = { kind: 'run', playbook: '', inventory: [], command: [], version: '', by: '' } as const;
    const id = newRunId(new Date());
    const journal = beginJournal(
      root,
      () => ({ id, ...about }),
      () => new Date(),
    );
    const read = (): string => readFileSync(join(journal.dir, 'events.ndjson'), 'utf8');
    journal.lateEvent('1\n');
    journal.lateEvent('2\n');
    expect(read()).to.equal('');
    journal.event('3\n');
    expect(read()).to.equal('1\n2\n3\n');
    journal.lateEvent('4\n');
    await setImmediate();
    expect(read()).to.equal('1\n2\n3\n4\n');
    journal.lateEvent('5\n');
    journal.end({ recap: undefined, exitCode: 0 });
    await setImmediate();
    expect(read()).to.equal('1\n2\n3\n4\n5\n');
    rmSync(root, { recursive: true });
  });

  it('of a dry run keeps the plan, which can be applied', async () => {
    const one = site();
    await one.cli('--check', 'site.yml');
    const { code } = await one.cli('apply', join('.provision/runs', idsOf(one)[0] ?? '', 'plan.json'));
    expect([code, one.read('f')]).to.deep.equal([0, 'x']);
  });

  it('does not begin for what ends before a host is thought of', async () => {
    const one = site();
    await one.cli('none.yml');
    await one.cli('--list-hosts', 'site.yml');
    expect(() => readdirSync(rootOf(one))).to.throw('ENOENT');
  });

  it('lists the runs and prints one again', async () => {
    const one = site();
    expect((await one.cli('runs')).stdout).to.equal('there is no run yet\n');
    const first = await one.cli('site.yml', '-e', 'bad=web2');
    await one.cli('verify', 'site.yml');
    await one.cli('plan', 'site.yml');
    const [id = ''] = idsOf(one);
    const lines = (await one.cli('runs')).stdout.trimEnd().split('\n');
    expect(lines[0]).to.match(/^id +what +playbook +hosts +changed +failed +exit +by$/);
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(1, 7))).to.deep.equal([
      ['run', 'site.yml', '2', '2', '1', '1'],
      ['verify', 'site.yml', '2', '0', '0', '0'],
      ['plan', 'site.yml', '2', '0', '0', '0'],
    ]);
    expect(await one.cli('runs', 'show', id)).to.deep.equal({ ...first, code: 0 });
    expect((await one.cli('runs', 'show', id.slice(0, -2))).stdout).to.equal(first.stdout);
    expect((await one.cli('runs', 'show', 'last')).stdout).to.include('dry run');
    const json = (await one.cli('runs', 'show', '--format', 'json', id)).stdout;
    expect(json).to.equal(readIn(one, id, 'events.ndjson'));
  });

  it('says which run it does not have', async () => {
    const one = site();
    expect(await one.cli('runs', 'show', 'x')).to.deep.equal({
      stdout: '',
      stderr: 'error: there is no run "x"\n  try: there is none yet\n',
      code: 5,
    });
    await one.cli('site.yml');
    await one.cli('site.yml');
    expect((await one.cli('runs', 'show', '2')).stderr).to.match(/"2" means 2 runs/);
  });

  it('shows a run that was killed as such', async () => {
    const one = site();
    await one.cli('site.yml');
    const [id = ''] = idsOf(one);
    const events = readIn(one, id, 'events.ndjson').split('\n');
    writeFileSync(
      join(rootOf(one), id, 'events.ndjson'),
      events.slice(0, 3).join('\n') + '\n{"version":1,"ty',
    );
    expect((await one.cli('runs', 'show', id)).stdout).to.match(
      /this run was killed before it came to its end/,
    );
  });

  it('keeps the newest 50 runs', async () => {
    const one = site();
    mkdirSync(rootOf(one), { recursive: true });
    const old = Array.from(
      { length: 55 },
      (_, index) => `20200101T0000${String(index).padStart(2, '0')}.000Z-0000`,
    );
    for (const id of old) mkdirSync(join(rootOf(one), id));
    mkdirSync(join(rootOf(one), 'not-a-run'));
    await one.cli('site.yml');
    const left = idsOf(one).filter((id) => id !== 'not-a-run');
    expect(left).to.have.length(50);
    expect(left.slice(0, 49)).to.deep.equal(old.slice(6));
    expect(idsOf(one)).to.include('not-a-run');
  });

  it('that cannot be written is warned about, and the run goes on', async () => {
    const one = site();
    one.write({ '.provision': 'a file' });
    const { code, stderr } = await one.cli('site.yml');
    expect([code, one.read('f')]).to.deep.equal([0, 'x']);
    expect(stderr).to.match(/^warning: this run has no journal: [^\n]+\n$/);
  });
});

describe('--rerun failed', () => {
  cleanUp();

  it('takes the hosts that failed last time, within --limit', async () => {
    const one = site();
    const hosts = async (...args: string[]): Promise<string[]> =>
      (await one.cli('--rerun', 'failed', '--list-hosts', ...args, 'site.yml')).stdout
        .split('\n')
        .flatMap((line) => (/^ {6}\S/.test(line) ? [line.trim()] : []));
    await one.cli('site.yml', '-e', 'bad=web2');
    expect(await hosts()).to.deep.equal(['web2']);
    // A dry run and a verification are no last time.
    await one.cli('--check', 'site.yml');
    await one.cli('verify', 'site.yml');
    expect(await hosts()).to.deep.equal(['web2']);
    expect((await one.cli('--rerun', 'failed', '-l', 'web1', 'site.yml')).stderr).to.match(/no host failed/);
    const again = await one.cli('--rerun', 'failed', 'site.yml');
    expect([again.code, again.stdout.match(/^ {2}web\d .*/gm)?.length]).to.deep.equal([0, 1]);
    const none = await one.cli('--rerun', 'failed', 'site.yml');
    expect([none.code, none.stderr.split('\n')[0]]).to.deep.equal([
      5,
      `error: no host failed in the last run, ${idsOf(one).at(-1) ?? ''}`,
    ]);
  });

  it('takes hosts that were not reached or not verified, too', async () => {
    const one = project(
      {
        'site.yml':
          '- { hosts: all, tasks: [{ command: "true" }], verify: [{ command: "test <%= inventory_hostname %> = web1", timeout: 0.1 }] }',
        'gone.yml':
          'all: { hosts: { gone: { ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, ansible_user: x } } }',
      },
      ['web1', 'web2'],
    );
    const sources = ['-i', 'inventory.yml', '-i', 'gone.yml'];
    await one.cli(...sources, 'site.yml');
    const { stdout } = await one.cli(...sources, '--rerun', 'failed', '--list-hosts', 'site.yml');
    expect(stdout).to.match(/hosts \(2\):\n +web2\n +gone\n/);
  });

  it('says when there is no last time, and what else it takes', async () => {
    const one = site();
    expect((await one.cli('--rerun', 'failed', 'site.yml')).stderr).to.match(
      /^error: no run of site\.yml on inventory\.yml is in the journal\n {2}try: /,
    );
    expect((await one.cli('--rerun', 'all', 'site.yml')).stderr).to.match(/takes `failed`, not "all"/);
  });
});
