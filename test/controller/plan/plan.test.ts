import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Ajv } from 'ajv';
import type { Plan } from '../../../src/controller/plan/plan.js';
import { planSchema } from '../../../src/controller/plan/schema.js';
import { cleanUp, project, type Project } from '../project.js';

const isPlan = new Ajv({ allErrors: true, strict: false }).compile(planSchema);

const site = (): Project =>
  project(
    {
      'site.yml': `
- hosts: all
  tasks:
    - { name: asks, shell: 'echo asked; echo x >> "<%= out %>/asked"', register: said, changed_when: false, check_mode: false }
    - { name: folder, file: { path: "<%= out %>/d", state: directory } }
    - name: configuration
      copy: { dest: "<%= out %>/conf", content: "port=<%= port %>\\npassword=<%= password %>\\n", mode: '0600' }
      notify: tell
    - { name: inside, copy: { dest: "<%= out %>/d/f", content: x } }
    - { name: other, copy: { dest: "<%= out %>/other", content: "<%= said.stdout %>" } }
  handlers:
    - { name: tell, shell: 'echo told >> "<%= out %>/told"' }
`,
      'group_vars/all.yml': `port: 80\npassword: "<%= lookup('password', 'secret') %>"\n`,
    },
    ['web1', 'web2'],
  );

const planOf = (one: Project, file = 'plan.json'): Plan =>
  JSON.parse(readFileSync(join(one.dir, file), 'utf8')) as Plan;

async function planned(one: Project, ...args: string[]): Promise<Plan> {
  const { code, stderr } = await one.cli('plan', '-o', 'plan.json', ...args, 'site.yml');
  expect([code, stderr]).to.deep.equal([0, '']);
  return planOf(one);
}

describe('a saved plan', () => {
  cleanUp();

  it('is as its schema says, for its owner only, and without a secret', async () => {
    const one = site();
    one.write({ 'hosts/web1/conf': 'port=79\npassword=former-one\n' });
    const plan = await planned(one);
    expect(isPlan(plan), JSON.stringify(isPlan.errors)).to.equal(true);
    expect(statSync(join(one.dir, 'plan.json')).mode & 0o777).to.equal(0o600);
    const text = readFileSync(join(one.dir, 'plan.json'), 'utf8');
    const secret = readFileSync(join(one.dir, 'secret'), 'utf8').trim();
    expect(secret).to.have.length.above(10);
    expect(text).to.not.include(secret).and.not.include('former-one');
    expect(
      plan.hosts['web1']?.changes.map(({ task, unsure }) => [task.name, unsure !== undefined]),
    ).to.deep.equal([
      ['folder', false],
      ['configuration', false],
      ['inside', true],
      ['other', false],
      ['tell', false],
    ]);
    const conf = plan.hosts['web1']?.changes[1];
    expect(conf?.steps[0]).to.include({
      kind: 'write',
      path: join(one.dir, 'hosts/web1/conf'),
      mode: '0600',
    });
    expect(conf?.rests.map(({ about }) => about)).to.include(`the file ${join(one.dir, 'hosts/web1/conf')}`);
    expect(one.read('other')).to.equal(undefined);
  });

  it('is applied as it is: what it lists is done, handlers too, and then there is nothing more', async () => {
    const one = site();
    await planned(one);
    const { code, stdout } = await one.cli('apply', 'plan.json');
    expect([code, stdout.match(/changed {3}web1/g)?.length]).to.deep.equal([0, 5]);
    expect(one.read('d/f')).to.equal('x');
    expect(one.read('told', 'web2')).to.equal('told\n');
    expect((await one.cli('--check', '--exit-code', 'site.yml')).code).to.equal(0);
  });

  it('asks each host what a dry run asks, and needs no other round trip before the first change', async () => {
    const one = site();
    await planned(one);
    const requests = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await one.cli(...args);
      return stdout.split('\n').filter((line) => /^ {2}request {3}web1/.test(line));
    };
    const dry = await requests('--check', '-vvv', 'site.yml');
    const ran = await requests('apply', '-vvv', '--no-verify', '-f', '1', 'plan.json');
    expect(ran.findIndex((line) => /1 step/.test(line))).to.equal(dry.length);
    // Answered from the rehearsal: the command that only asks ran once for the plan, the dry run and apply each.
    expect(one.lines('asked')).to.have.length(3);
  });

  it('has nothing that a host is asked: not even what is added to it by hand', async () => {
    const one = site();
    const plan = await planned(one);
    expect(plan.hosts['web1']).to.have.all.keys('state', 'changes');
    const asked = [
      { user: null, queries: [{ kind: 'command', argv: ['touch', join(one.dir, 'from-the-plan')] }] },
    ];
    const web1 = { ...plan.hosts['web1'], asked };
    one.write({ 'plan.json': JSON.stringify({ ...plan, hosts: { ...plan.hosts, web1 } }) });
    const { code, stderr } = await one.cli('apply', 'plan.json');
    expect(code).to.equal(5);
    expect(stderr).to.include('"asked"');
    expect(existsSync(join(one.dir, 'from-the-plan'))).to.equal(false);
  });

  it('does nothing that it does not show: changed texts, steps and uncertain tasks are refused', async () => {
    const one = site();
    const plan = await planned(one);
    type Entry = Plan['hosts'][string]['changes'][number];
    const tampered = async (name: string, change: (entry: Entry) => object): Promise<string> => {
      const changes = plan.hosts['web1']!.changes.map((entry) =>
        entry.task.name === name ? { ...entry, ...change(entry) } : entry,
      );
      one.write({
        'plan.json': JSON.stringify({
          ...plan,
          hosts: { ...plan.hosts, web1: { ...plan.hosts['web1'], changes } },
        }),
      });
      const { stdout } = await one.cli('apply', 'plan.json');
      // The other host is another matter.
      expect(one.read('conf')).to.equal(undefined);
      return stdout;
    };
    const other = 'the plan shows something else than what would be done';
    expect(await tampered('configuration', () => ({ changes: [] }))).to.include(`configuration: ${other}`);
    expect(await tampered('configuration', () => ({ steps: [] }))).to.include(`configuration: ${other}`);
    expect(await tampered('inside', () => ({ as: 'nobody' }))).to.include(`inside: ${other}`);
    expect(await tampered('configuration', () => ({ unsure: 'who knows' }))).to.include(
      `configuration: ${other}`,
    );
    // Unsure in other words is the same.
    one.write({ 'plan.json': JSON.stringify(plan) });
    expect((await one.cli('apply', 'plan.json')).code).to.equal(0);
  });

  it('refuses a host where something that it rests on has moved, names it, and applies the others', async () => {
    const one = site();
    await planned(one);
    one.write({ 'hosts/web1/other': 'somebody was here' });
    const { code, stdout } = await one.cli('apply', 'plan.json');
    expect(code).to.equal(1);
    expect(stdout).to.match(
      /FAILED {4}web1 {2}host\n +the plan does not fit this host any more: nothing was changed/,
    );
    expect(stdout).to.match(/\| other: the file \S+\/web1\/other has changed since/);
    expect(one.read('conf')).to.equal(undefined);
    expect(one.read('other')).to.equal('somebody was here');
    expect(one.read('other', 'web2')).to.equal('asked');
  });

  it('refuses a host where something would change now that was in sync, or changes no more', async () => {
    const one = site();
    await one.cli('site.yml');
    one.write({ 'hosts/web1/conf': 'x', 'hosts/web2/conf': 'x' });
    await planned(one);
    one.write({ 'hosts/web1/other': 'x' });
    const good = one.read('conf', 'web2');
    const { stdout } = await one.cli('apply', 'plan.json');
    expect(good).to.equal('x');
    expect(stdout).to.match(/\| other: would change now and is not in the plan \(\S+\/web1\/other\)/);
    const again = await one.cli('apply', 'plan.json');
    expect(again.stdout).to.match(/web2 {2}host[\s\S]*\| configuration: there is nothing to change any more/);
  });

  it('refuses what would be written by a template, variable or file that was changed since', async () => {
    const one = site();
    await planned(one);
    const { code, stdout } = await one.cli('apply', '-e', 'port=81', 'plan.json');
    expect([code, stdout]).to.deep.equal([5, '']);
    one.write({ 'site.yml': readFileSync(join(one.dir, 'site.yml'), 'utf8').replace('port=<', 'p=<') });
    const changed = await one.cli('apply', 'plan.json');
    expect(changed.code).to.equal(1);
    expect(changed.stdout).to.match(/\| configuration: what would be done is another thing/);
    expect(one.read('other')).to.equal(undefined);
  });

  it('is refused as a whole for another inventory, another version, and when it is no plan', async () => {
    const one = site();
    const plan = await planned(one);
    const refused = async (why: RegExp, ...args: string[]): Promise<void> => {
      const { code, stderr, stdout } = await one.cli('apply', ...args);
      expect([code, stdout], stderr).to.deep.equal([5, '']);
      expect(stderr)
        .to.match(why)
        .and.to.match(/\n {2}try: /);
    };
    const save = (name: string, value: unknown): void =>
      writeFileSync(join(one.dir, name), typeof value === 'string' ? value : JSON.stringify(value));
    save('other.yml', readFileSync(join(one.dir, 'inventory.yml'), 'utf8').replace('web2', 'web3'));
    await refused(/made for another inventory/, '-i', 'other.yml', 'plan.json');
    save('old.json', { ...plan, version: '0.0.1' });
    await refused(/made by provision 0\.0\.1/, 'old.json');
    save('new.json', { ...plan, format: 'provision-plan/99' });
    await refused(/provision-plan\/99/, 'new.json');
    save('cut.json', JSON.stringify(plan).slice(0, 400));
    await refused(/is no plan/, 'cut.json');
    save('part.json', { ...plan, hosts: { web1: { state: 'planned' } } });
    await refused(/is no whole plan: hosts\.web1: "changes" is required/, 'part.json');
    await refused(/is no plan/, 'inventory.yml');
    one.write({ 'group_vars/all.yml': `port: 81\npassword: x\n` });
    await refused(/has changed since/, 'plan.json');
    const missing = await one.cli('apply', 'nowhere.json');
    expect([missing.code, missing.stderr]).to.deep.equal([
      5,
      `error: the plan cannot be read: ENOENT: no such file or directory, open '${one.dir}/nowhere.json'\n`,
    ]);
  });

  it('of a host that failed in the dry run is not applied there', async () => {
    const one = project(
      {
        'site.yml': `
- hosts: all
  tasks:
    - { name: first, copy: { dest: "<%= out %>/first", content: x } }
    - { name: wrong, assert: { that: "inventory_hostname != 'web1'" } }
`,
      },
      ['web1', 'web2'],
    );
    expect((await one.cli('plan', '-o', 'plan.json', 'site.yml')).code).to.equal(1);
    const { stdout } = await one.cli('apply', 'plan.json');
    expect(stdout).to.match(/web1 {2}host\n +the plan is not whole: the host had failed/);
    expect([one.read('first'), one.read('first', 'web2')]).to.deep.equal([undefined, 'x']);
  });

  it('keeps -e that are no secret; one that is has to be given again', async () => {
    const one = site();
    await one.cli('plan', '-o', 'plan.json', '-e', 'port=8080', '-e', 'password=typed-in-here', 'site.yml');
    expect(readFileSync(join(one.dir, 'plan.json'), 'utf8')).to.not.include('typed-in-here');
    const without = await one.cli('apply', 'plan.json');
    expect([without.code, without.stderr]).to.deep.equal([
      5,
      'error: the plan was made with an -e that holds a secret, which no plan keeps\n  try: give apply the same -e again\n',
    ]);
    const { code } = await one.cli('apply', '-e', 'password=typed-in-here', 'plan.json');
    expect(code).to.equal(0);
    expect(one.read('conf')).to.equal('port=8080\npassword=typed-in-here\n');
  });

  it('keeps to the hosts and tags that it was made for', async () => {
    const one = site();
    const plan = await planned(one, '-l', 'web2');
    expect(Object.keys(plan.hosts)).to.deep.equal(['web2']);
    await one.cli('apply', 'plan.json');
    expect([one.read('other'), one.read('other', 'web2')]).to.deep.equal([undefined, 'asked']);
  });
});

describe('drift', () => {
  cleanUp();

  it('names the file, the difference, when it was modified and which run wrote it last; the exit code is 2', async () => {
    const one = site();
    await one.cli('site.yml');
    expect(await one.cli('drift', 'site.yml')).to.deep.equal({ stdout: '', stderr: '', code: 0 });
    one.write({ 'hosts/web1/conf': 'port=80\npassword=by-hand-now\n', 'hosts/web2/other': 'y' });
    const { stdout, code } = await one.cli('drift', 'site.yml');
    expect(code).to.equal(2);
    expect(stdout).to.match(
      /^DRIFT {2}\S+\/web1\/conf {2}\(configuration\)\n {7}web1 {2}modified \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, last written \d{4}-\S+ \S+ UTC by \S+@\S+ \(process \d+, run \d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}\)$/m,
    );
    expect(stdout).to.include('-password=********').and.not.include('by-hand-now');
    expect(stdout).to.match(/2 hosts of 2 drifted\n$/);
    expect(stdout).to.not.include('told');
    expect(one.read('other', 'web2')).to.equal('y');
    expect((await one.cli('drift', '-v', '-l', 'web1', '-t', 'none', 'site.yml')).stdout).to.equal(
      'no drift on 1 host\n',
    );
  });
});
