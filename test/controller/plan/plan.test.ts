import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Ajv } from 'ajv';
import type { Plan } from '../../../src/controller/plan/plan.js';
import { planSchema } from '../../../src/controller/plan/schema.js';
import { run } from '../../../src/cli.js';
import { cleanUp, ioOf, project, type Project } from '../project.js';

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

const playOfOne = `- hosts: all\n  tasks: [{ copy: { dest: "<%= out %>/f", content: x } }]\n`;

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
    const tampered = async (
      name: string,
      change: (entry: Entry) => object,
      conf?: string,
    ): Promise<string> => {
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
      expect(one.read('conf')?.split('\n')[0]).to.equal(conf);
      return stdout;
    };
    const other = 'the plan shows something else than what would be done';
    expect(await tampered('configuration', () => ({ changes: [] }))).to.include(`configuration: ${other}`);
    expect(await tampered('configuration', () => ({ steps: [] }))).to.include(`configuration: ${other}`);
    expect(await tampered('inside', () => ({ as: 'nobody' }))).to.include(`inside: ${other}`);
    expect(await tampered('configuration', () => ({ unsure: 'who knows' }))).to.include(
      `configuration: ${other}`,
    );
    // As it was made, or unsure in other words, it is applied; the other host has been all the while.
    expect(await tampered('inside', () => ({ unsure: 'in other words' }), 'port=80')).to.not.include(other);
    expect(one.read('d/f')).to.equal('x');
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
      `error: the plan cannot be read: ${one.dir}/nowhere.json does not exist\n`,
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

describe('a plan that has gone through other hands', () => {
  cleanUp();

  const program = (one: Project): string => {
    const path = join(one.dir, 'hosts.sh');
    const out = JSON.stringify(join(one.dir, 'hosts', 'web1'));
    const answer = `{"all": {"hosts": ["web1"], "vars": {"ansible_connection": "local", "out": ${out}}}}`;
    writeFileSync(path, `#!/bin/sh\necho x >>'${one.dir}/programs'\ncat <<'E'\n${answer}\nE\n`, {
      mode: 0o755,
    });
    return path;
  };
  const timesRun = (one: Project): number =>
    existsSync(join(one.dir, 'programs')) ? readFileSync(join(one.dir, 'programs'), 'utf8').length / 2 : 0;

  it('runs no program as its inventory unless that is named again', async () => {
    const one = project({ 'site.yml': playOfOne });
    program(one);
    expect((await one.cli('plan', '-i', 'hosts.sh', '-o', 'plan.json', 'site.yml')).code).to.equal(0);
    const before = timesRun(one);
    for (const sources of [['hosts.sh'], ['inventory.yml', 'hosts.sh'], ['.']]) {
      const plan = planOf(one);
      one.write({ 'named.json': JSON.stringify({ ...plan, inventory: { ...plan.inventory, sources } }) });
      const { code, stderr } = await one.cli('apply', 'named.json');
      expect(stderr).to.match(/the plan names a program as its inventory: hosts\.sh\n {2}try: .*-i/);
      expect(code).to.equal(5);
    }
    expect(timesRun(one)).to.equal(before);
    expect((await one.cli('apply', '-i', 'hosts.sh', 'plan.json')).code).to.equal(0);
    expect(one.read('f')).to.equal('x');
  });

  it('leads to no other host, and to no other way to log in, by an -e that only it has', async () => {
    const made = project({ 'site.yml': playOfOne });
    await made.cli('plan', '-o', 'plan.json', '-e', 'harmless=1', 'site.yml');
    const plan = planOf(made);
    const refused = async (extraVars: readonly string[], ...args: string[]): Promise<string> => {
      const command = { ...plan.command, extraVars: extraVars.map((text) => ({ text })) };
      made.write({ 'led.json': JSON.stringify({ ...plan, command }) });
      return (await made.cli('apply', ...args, 'led.json')).stderr;
    };
    for (const given of [
      'ansible_host=192.0.2.1',
      'ansible_connection=ssh',
      '{"ansible_ssh_common_args": "-o StrictHostKeyChecking=accept-new", "ansible_connection": "ssh"}',
      'ansible_become_password=x',
    ])
      expect(await refused([given])).to.match(/an -e of the plan decides where .* or how to log in/);
    expect(await refused(['ansible_connection=local'], '-e', 'ansible_connection=local')).to.equal('');
    expect(made.read('f')).to.equal('x');
  });

  it('is not read where somebody else could have written it', async () => {
    const one = project({ 'site.yml': playOfOne });
    await planned(one);
    chmodSync(join(one.dir, 'plan.json'), 0o666);
    const { code, stderr } = await one.cli('apply', 'plan.json');
    expect(stderr).to.include('plan.json (owner root, mode 0666): everybody can write to it');
    expect(code).to.equal(5);
    expect(one.read('f')).to.equal(undefined);
  });

  it('is saved under no name that somebody else could have laid a link to, and not where they can exchange it', async () => {
    const one = project({ 'site.yml': playOfOne, target: 'safe' });
    symlinkSync(join(one.dir, 'target'), join(one.dir, 'plan.json'));
    symlinkSync(join(one.dir, 'target'), join(one.dir, `plan.json.${process.pid}.tmp`));
    await planned(one);
    expect(readFileSync(join(one.dir, 'target'), 'utf8')).to.equal('safe');
    expect(readdirSync(one.dir).filter((name) => name.endsWith('.tmp'))).to.have.length(1);
    mkdirSync(join(one.dir, 'open'));
    chmodSync(join(one.dir, 'open'), 0o777);
    for (const args of [
      ['plan', '-o', 'open/plan.json', 'site.yml'],
      ['--log', 'open/log', 'site.yml'],
      ['--junit', 'open/junit.xml', 'site.yml'],
    ])
      expect((await one.cli(...args)).stderr).to.include('open (owner root, mode 0777)');
    expect(readdirSync(join(one.dir, 'open'))).to.deep.equal([]);
  });
});

describe('a signed plan', () => {
  cleanUp();

  let keys: string;
  before(function () {
    if (spawnSync('ssh-keygen', ['-?']).error) this.skip();
    keys = mkdtempSync(join(tmpdir(), 'provision-signers-'));
    for (const name of ['ada', 'eve'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(keys, name)]);
    const line = (name: string, more = ''): string =>
      `${name}@example.org ${more}${readFileSync(join(keys, `${name}.pub`), 'utf8')}`;
    writeFileSync(join(keys, 'allowed'), line('ada', 'namespaces="provision-plan" '));
    writeFileSync(join(keys, 'both'), line('ada') + line('eve'));
  });
  after(() => {
    if (keys as string | undefined) rmSync(keys, { recursive: true, force: true });
  });

  const signed = async (by = 'ada'): Promise<Project> => {
    const one = project({ 'site.yml': playOfOne });
    const { code, stdout, stderr } = await one.cli(
      'plan',
      '-o',
      'p.json',
      '--sign',
      join(keys, by),
      'site.yml',
    );
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.include('saved to p.json, signed in p.json.sig');
    return one;
  };
  const apply = (one: Project, ...args: string[]): ReturnType<Project['cli']> =>
    one.cli('apply', ...args, 'p.json');
  const allowed = (name = 'allowed'): string[] => ['--verify-with', join(keys, name)];

  it('is applied where its signer is allowed, by name too; what ssh-keygen makes is taken and made', async () => {
    const one = await signed();
    const file = join(one.dir, 'p.json');
    const args = [
      '-Y',
      'verify',
      '-f',
      join(keys, 'allowed'),
      '-I',
      'ada@example.org',
      '-n',
      'provision-plan',
    ];
    execFileSync('ssh-keygen', [...args, '-s', `${file}.sig`], { input: readFileSync(file) });
    expect(statSync(`${file}.sig`).mode & 0o777).to.equal(0o600);
    rmSync(`${file}.sig`);
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', join(keys, 'ada'), '-n', 'provision-plan', file]);
    const { code, stderr } = await apply(one, ...allowed(), '--signer', 'ada@example.org');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(one.read('f')).to.equal('x');
  });

  it('is applied whoever owns the file, and with its -e: the signature covers them', async () => {
    const one = project({ 'site.yml': playOfOne });
    const given = ['-e', 'ansible_connection=local', '-o', 'p.json', '--sign', join(keys, 'ada'), 'site.yml'];
    await one.cli('plan', ...given);
    chmodSync(join(one.dir, 'p.json'), 0o666);
    expect((await apply(one, ...allowed())).stderr).to.equal('');
    expect(one.read('f')).to.equal('x');
  });

  it('is refused without a good signature of somebody who is allowed, before anything else', async () => {
    const one = await signed();
    const [plan, sig] = ['p.json', 'p.json.sig'].map((name) => readFileSync(join(one.dir, name), 'utf8')) as [
      string,
      string,
    ];
    const refused = async (why: RegExp, ...args: string[]): Promise<void> => {
      const { code, stderr, stdout } = await apply(one, ...args);
      expect(stderr).to.match(why);
      expect([code, stdout]).to.deep.equal([5, '']);
      one.write({ 'p.json': plan, 'p.json.sig': sig });
    };
    one.write({ 'p.json': plan.replace('"site.yml"', '"evil.yml"') });
    await refused(/not signed by anybody whom \S+allowed names/, ...allowed());
    one.write({ 'p.json': 'no plan at all' });
    await refused(/not signed by anybody/, ...allowed());
    one.write({ 'p.json.sig': 'nonsense' });
    await refused(/not signed by anybody/, ...allowed());
    rmSync(join(one.dir, 'p.json.sig'));
    await refused(/the signature of the plan cannot be read: \S+ does not exist/, ...allowed());
    await refused(/not signed by eve@example\.org/, ...allowed('both'), '--signer', 'eve@example.org');
    await refused(/file of allowed signers cannot be read/, ...allowed('none'));
    await refused(/--signer names who is to have signed/, '--signer', 'ada@example.org');
    // Signed by a key that is not allowed, or for something else.
    for (const [key, namespace] of [
      ['eve', 'provision-plan'],
      ['ada', 'file'],
    ] as const) {
      const args = ['-q', '-Y', 'sign', '-f', join(keys, key), '-n', namespace];
      one.write({ 'p.json.sig': execFileSync('ssh-keygen', args, { input: plan, encoding: 'utf8' }) });
      await refused(/not signed by anybody/, ...allowed());
    }
    chmodSync(join(keys, 'allowed'), 0o666);
    await refused(/allowed \(owner root, mode 0666\)/, ...allowed());
    chmodSync(join(keys, 'allowed'), 0o644);
    expect(one.read('f')).to.equal(undefined);
    expect((await apply(one, ...allowed())).code).to.equal(0);
  });

  it('can be asked for always', async () => {
    const one = project({ 'site.yml': playOfOne });
    await one.cli('plan', '-o', 'p.json', 'site.yml');
    const { io, said } = ioOf(one.dir, { env: { PROVISION_PLAN_SIGNERS: join(keys, 'allowed') } });
    await run(['apply', 'p.json'], io);
    expect(said().stderr).to.include('the signature of the plan cannot be read');
    expect(said().code).to.equal(5);
  });

  it('says what is missing before anything is asked', async () => {
    const one = project({ 'site.yml': playOfOne });
    const error = async (env: Record<string, string>, ...args: string[]): Promise<string> => {
      const { io, said } = ioOf(one.dir, { env });
      await run(['plan', '-i', 'inventory.yml', ...args, 'site.yml'], io);
      expect([said().code, said().stdout]).to.deep.equal([5, '']);
      return said().stderr;
    };
    expect(await error({}, '--sign', join(keys, 'ada'))).to.include('name its file');
    expect(await error({}, '-o', 'p.json', '--sign', 'none')).to.include('there is no such key');
    expect(await error({ PATH: '/nowhere' }, '-o', 'p.json', '--sign', join(keys, 'ada'))).to.match(
      /ssh-keygen, which signs and verifies plans, cannot be run: [^]*openssh-client/,
    );
    writeFileSync(join(keys, 'nonsense'), 'x', { mode: 0o600 });
    const { stderr, code } = await one.cli(
      'plan',
      '-o',
      'p.json',
      '--sign',
      join(keys, 'nonsense'),
      'site.yml',
    );
    expect(stderr).to.match(/the plan cannot be signed with \S+nonsense/);
    expect(code).to.equal(5);
    expect(existsSync(join(one.dir, 'p.json'))).to.equal(false);
  });

  it('is signed by a key of the ssh-agent, named by its public half', async () => {
    const socket = join(keys, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    try {
      while (!existsSync(socket)) await setTimeout(20);
      const env = { SSH_AUTH_SOCK: socket };
      execFileSync('ssh-add', ['-q', join(keys, 'ada')], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      });
      writeFileSync(join(keys, 'agents.pub'), readFileSync(join(keys, 'ada.pub')));
      const one = project({ 'site.yml': playOfOne });
      const { io, said } = ioOf(one.dir, { env });
      await run(
        ['plan', '-i', 'inventory.yml', '-o', 'p.json', '--sign', join(keys, 'agents.pub'), 'site.yml'],
        io,
      );
      expect(said().stderr).to.equal('');
      expect((await apply(one, ...allowed())).code).to.equal(0);
    } finally {
      agent.kill();
    }
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
    await one.cli('site.yml');
    expect((await one.cli('drift', '-v', '-l', 'web1', 'site.yml')).stdout).to.equal('no drift on 1 host\n');
  });
});
