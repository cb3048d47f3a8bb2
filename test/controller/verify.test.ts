import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { run } from '../../src/cli.js';
import type { RunEvent } from '../../src/events.js';
import { cleanUp, ioOf, project, type Played } from './project.js';

type CheckResult = Extract<RunEvent, { type: 'check-result' }>;
const results = ({ events }: Played): CheckResult[] =>
  events.filter((event): event is CheckResult => event.type === 'check-result');

const site = (checks: string, more = ''): string => `
- hosts: all
${more}
  verify:
${checks}
`;

describe('verification', () => {
  cleanUp();

  it('asks again until a check holds', async () => {
    const one = project({
      'site.yml': site('    - { name: comes, file: { path: "<%= out %>/late" }, timeout: 20 }'),
    });
    spawn('sh', ['-c', `sleep 1; touch '${join(one.dir, 'hosts/web1/late')}'`], { stdio: 'ignore' });
    const played = await one.play();
    const [result] = results(played);
    expect(result).to.include({ ok: true });
    expect(result!.attempts).to.be.greaterThan(1);
    expect(result!.ms).to.be.within(500, 10_000);
    expect(played.of('web1')).to.include({ checksPassed: 1, checksFailed: 0 });
  });

  it('gives up at the deadline and says what it saw', async () => {
    const one = project({
      'site.yml': site('    - { name: never, file: { path: "<%= out %>/never" }, timeout: 0.5 }'),
    });
    const played = await one.play();
    expect(results(played)[0]!.message).to.match(/never/);
    expect(played.of('web1')).to.include({ checksPassed: 0, checksFailed: 1 });
    expect((await one.cli('site.yml')).code).to.equal(4);
    expect((await one.cli('--no-verify', 'site.yml')).code).to.equal(0);
  });

  it('alone changes nothing and takes no lock', async () => {
    const one = project({
      'site.yml': site(
        '    - { name: is there, file: { path: "<%= out %>/f" }, timeout: 0.1 }',
        '  tasks: [{ copy: { dest: "<%= out %>/f", content: x } }]',
      ),
    });
    const { code, stdout } = await one.cli('verify', 'site.yml');
    expect(code).to.equal(4);
    expect(stdout).to.include('is there');
    expect(one.read('f')).to.equal(undefined);
    await one.play();
    expect((await one.cli('verify', 'site.yml')).code).to.equal(0);
  });

  it('sees variables, facts, conditions and loops', async () => {
    const one = project({
      'site.yml': site(`
    - { name: "each <%= item %>", command: "test <%= item %> -lt <%= most %>", loop: [1, 2] }
    - { name: skipped, command: 'false', when: most == 4 }
    - { name: fact, command: "test <%= ansible_architecture %> = <%= ansible_facts.architecture %>", when: ansible_kernel != '' }
`),
      'group_vars/all.yml': 'most: 3',
    });
    const { of } = await one.play();
    expect(of('web1')).to.include({ checksPassed: 3, checksFailed: 0 });
  });

  it('shows of an item what loop_control says', async () => {
    const one = project({
      'site.yml': site(
        "    - { name: each, command: 'true', loop: [{ name: a, pem: x }], loop_control: { label: '<%= item.name %>' } }",
      ),
    });
    expect(results(await one.play()).map(({ task }) => task.item)).to.deep.equal(['a']);
  });

  it('asks several hosts for one verdict, once', async () => {
    const one = project(
      {
        'site.yml': site(`
    - { name: all have it, file: { path: "<%= inventory_dir %>/site.yml" }, on: "<%= groups.all %>", run_once: true }
    - { name: not all, command: "test <%= inventory_hostname %> = a", on: [a, b], timeout: 0.1 }
`),
      },
      ['a', 'b'],
    );
    const played = await one.play();
    const named = (name: string): string[] =>
      results(played)
        .filter(({ task }) => task.name === name)
        .map(({ host, ok }) => `${host} ${String(ok)}`)
        .sort();
    expect(named('all have it')).to.deep.equal(['a true']);
    expect(named('not all')).to.deep.equal(['a true', 'b false']);
  });

  it('of a host that failed is left out, the others are verified', async () => {
    const one = project(
      {
        'site.yml': site(
          '    - { name: well, file: { path: / } }',
          `  tasks: [{ command: 'false', when: inventory_hostname == 'a' }]`,
        ),
      },
      ['a', 'b'],
    );
    const { of } = await one.play();
    expect(of('a')).to.include({ checksPassed: 0, failed: 1 });
    expect(of('b')).to.include({ checksPassed: 1, failed: 0 });
  });

  it('runs the checks of roles with the defaults of the role', async () => {
    const one = project({
      'site.yml': '- { hosts: all, roles: [r] }',
      'roles/r/defaults/main.yml': 'where: /',
      'roles/r/tasks/main.yml': `- command: 'true'`,
      'roles/r/verify.yml': '- { name: there, file: { path: "<%= where %>" } }',
    });
    const played = await one.play();
    expect(results(played).map(({ task, ok }) => [task.role, task.name, ok])).to.deep.equal([
      ['r', 'there', true],
    ]);
  });

  describe('a check that cannot be evaluated', () => {
    const faulty = (check: string, more = ''): string =>
      site(
        `    - { name: before, command: 'true' }\n    - { name: bad, ${check} }\n    - { name: after, command: 'true' }`,
        more,
      );
    const cases: [string, string, RegExp][] = [
      ['an undefined variable', `command: "test <%= nowhere %>"`, /undefined variable "nowhere"[\s\S]*try: /],
      ['one in its condition', `command: 'true', when: nowhere`, /undefined variable "nowhere"/],
      ['one in its name', `command: "<%= nowhere %>"`, /undefined/],
      ['a wrong type', `port: { port: "<%= 'x' %>" }`, /port/],
      ['a loop over nothing', `command: 'true', loop: "<%= nowhere %>"`, /undefined variable "nowhere"/],
      [
        'a loop over no list',
        `command: 'true', loop: "<%= ({ a: 1 }) %>"`,
        /loop must be a list, not a mapping/,
      ],
      ['a host that is not there', `command: 'true', on: "<%= 'web9' %>"`, /web9/],
      ['the result of a task', `command: "<%= r.stdout %>"`, /cannot use results of tasks|undefined/],
      ['no time', `command: 'true', timeout: "<%= 'soon' %>"`, /timeout must be a number/],
    ];
    for (const [what, check, message] of cases) {
      it(`fails by name, and the others are run: ${what}`, async () => {
        const one = project({ 'site.yml': faulty(check) }, ['web1', 'web2']);
        const played = await one.play();
        for (const host of ['web1', 'web2']) {
          const of = results(played).filter((result) => result.host === host);
          expect(of.map(({ task, ok }) => [task.name, ok])).to.deep.equal([
            ['before', true],
            ['after', true],
            ['bad', false],
          ]);
          expect(of[2]!.message)
            .to.match(/^cannot be evaluated: site\.yml:\d+:\d+: /)
            .and.match(message);
          expect(played.of(host)).to.include({ checksPassed: 2, checksFailed: 1, failed: 0 });
        }
      });
    }

    it('ends with 4, and is hidden by no_log but for the name that is missing', async () => {
      const one = project({ 'site.yml': faulty(`port: { port: "<%= 'pa55word' %>" }, no_log: true`) });
      const { code, stdout } = await one.cli('verify', 'site.yml');
      expect([code, stdout.includes('pa55word')]).to.deep.equal([4, false]);
      expect(stdout).to.match(/FAILED +web1 +bad\n +\(hidden by no_log\)/);
      one.write({ 'site.yml': faulty(`command: "<%= nowhere %>", no_log: true`) });
      expect((await one.cli('verify', 'site.yml')).stdout).to.match(/undefined variable "nowhere"/);
    });

    it('is one item of a loop and not the others', async () => {
      const one = project({
        'site.yml': site(
          `    - { name: each, command: "<%= item.cmd.trim() %>", loop: [{ cmd: 'true' }, {}, { cmd: 'test 1' }] }`,
        ),
      });
      expect(results(await one.play()).map(({ ok }) => ok)).to.deep.equal([true, true, false]);
    });

    it('is none where its condition does not hold: it guards the loop', async () => {
      const one = project({
        'site.yml': site(
          `    - { name: none, command: 'true', when: "vars.list !== undefined", loop: "<%= list %>" }`,
        ),
      });
      const played = await one.play();
      expect([results(played), played.of('web1').failed]).to.deep.equal([[], 0]);
    });
  });

  it('that runs once runs on the first host that wants it', async () => {
    const one = project(
      {
        'site.yml': site(`
    - { name: once, command: 'true', run_once: true, when: inventory_hostname != 'web1' }
    - { name: nowhere, command: 'true', run_once: true, when: false }`),
      },
      ['web1', 'web2', 'web3'],
    );
    expect(results(await one.play()).map(({ host, task }) => [host, task.name])).to.deep.equal([
      ['web2', 'once'],
    ]);
  });

  it('tells what failed in the order of the plays, and calls no script by its source', async () => {
    const one = project(
      {
        'site.yml': `
- { hosts: web2, verify: [{ name: base, command: { shell: 'echo reason >&2; exit 3' }, timeout: 0.6 }] }
- { hosts: web1, verify: [{ name: on top, command: { shell: 'exit 4' }, timeout: 0.1 }] }
`,
      },
      ['web1', 'web2'],
    );
    const said = results(await one.play());
    expect(said.map(({ task, message }) => [task.name, message])).to.deep.equal([
      ['base', 'the script ended with 3 (reason), expected 0'],
      ['on top', 'the script ended with 4 and said nothing, expected 0'],
    ]);
  });

  it('that is interrupted leaves out no check that does not hold, and says at once that it heard', async () => {
    const one = project({
      'site.yml': site(`
    - { name: good, command: 'true' }
    - { name: bad, command: 'false', timeout: 60 }
    - { name: slow, command: 'sleep 60', timeout: 60 }`),
    });
    one.write({
      'quick.yml': site(
        `    - { name: good, command: 'true' }\n    - { name: bad, command: 'false', timeout: 60 }`,
      ),
    });
    for (const [file, message] of [
      ['quick.yml', /^bad: interrupted, and until then: false ended with 1/],
      ['site.yml', /^bad: (not checked: interrupted|interrupted, and until then)/],
    ] as const) {
      const stop = new AbortController();
      const { io, said } = ioOf(one.dir, { interrupted: stop.signal });
      const running = run(['verify', '-i', 'inventory.yml', '--format', 'json', file], io);
      await setTimeout(1500);
      stop.abort();
      expect(said().stdout).to.match(/"message":"interrupted: stopping"/);
      await running;
      expect(said().code).to.equal(130);
      const events = said()
        .stdout.trim()
        .split('\n')
        .map((line) => JSON.parse(line) as RunEvent);
      const failed = events.flatMap((event) =>
        event.type === 'check-result' && !event.ok ? [`${event.task.name}: ${event.message}`] : [],
      );
      expect(failed[0] ?? '').to.match(/^good: not checked|^bad/);
      expect(failed.some((line) => message.test(line))).to.equal(true);
      const recap = events.find((event) => event.type === 'run-end')!.recap.hosts[0]!;
      expect(recap.checksPassed + recap.checksFailed).to.equal(file === 'site.yml' ? 3 : 2);
    }
  });
});
