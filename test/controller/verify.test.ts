import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunEvent } from '../../src/events.js';
import { cleanUp, project, type Played } from './project.js';

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

  it('tells what is wrong with a check itself', async () => {
    const one = project({ 'site.yml': site('    - { name: wrong, file: { path: "<%= no_such %>" } }') });
    const { errors } = await one.play();
    expect(errors()[0]!.message).to.equal('undefined variable "no_such"');
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
});
