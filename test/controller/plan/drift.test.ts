import { expect } from 'chai';
import { cleanUp, project, tasks } from '../project.js';

describe('drift', () => {
  cleanUp();

  it('is no action: what is done each time ends with 0, once everything else is as it shall be', async () => {
    const one = project({
      'site.yml': `
- hosts: all
  tasks:
    - { name: state, copy: { dest: "<%= out %>/f", content: x }, notify: told }
    - { name: touched, file: { path: "<%= out %>/f", state: touch } }
    - { name: command, command: 'true' }
    - { name: shell, shell: 'true' }
    - { name: guarded, command: { cmd: 'touch made', chdir: "<%= out %>", creates: made } }
    - { name: said to be none, command: { cmd: 'true', creates: "<%= out %>/never" }, changed_when: false }
    - { name: asked, shell: 'true', changed_when: false, check_mode: false, register: r }
    - { name: message, debug: { msg: "<%= r.rc %>" } }
  handlers: [{ name: told, command: 'true' }]
`,
    });
    const drifted = await one.cli('drift', 'site.yml');
    const subjects = (text: string): string[] =>
      [...text.matchAll(/^DRIFT {2}(.*) {2}\((.*)\)$/gm)].map((m) => m[2]!);
    expect([drifted.code, subjects(drifted.stdout)]).to.deep.equal([2, ['state', 'touched', 'guarded']]);
    expect((await one.cli('site.yml')).code).to.equal(0);
    expect(await one.cli('drift', 'site.yml')).to.deep.equal({ stdout: '', stderr: '', code: 0 });
    // A plan holds actions, and says what they are.
    const plan = await one.cli('plan', '-o', 'plan.json', '--exit-code', 'site.yml');
    expect(plan.code).to.equal(2);
    expect((await one.cli('apply', 'plan.json')).code).to.equal(0);
  });
});

describe('what no_log hides', () => {
  cleanUp();

  it('is no path; a command line is', async () => {
    const one = tasks(`
- { name: file, copy: { dest: "<%= out %>/f", content: pa55word }, no_log: true }
- { name: command, command: { cmd: "/bin/echo pa55word", creates: "<%= out %>/never" }, no_log: true }
`);
    const { stdout } = await one.cli('drift', 'site.yml');
    expect(stdout).to.match(/^DRIFT {2}\/\S+\/f {2}\(file\)\n {7}web1 {2}is not there/m);
    expect(stdout).to.match(/^DRIFT {2}\(hidden by no_log\) {2}\(command\)$/m);
    expect(stdout).to.not.include('pa55word');
  });
});

describe('a plan that cannot be saved', () => {
  cleanUp();

  it('is said before any host is asked', async () => {
    const one = tasks(`- { command: 'true' }`);
    for (const out of ['nowhere/plan.json', 'hosts']) {
      const { code, stdout, stderr } = await one.cli('plan', '-o', out, 'site.yml');
      expect([code, stdout]).to.deep.equal([5, '']);
      expect(stderr).to.match(/^error: the plan cannot be saved: \S+ (does not exist|is a folder)\n/);
    }
  });
});

describe('a dry run with --exit-code', () => {
  cleanUp();

  it('counts no message: what only tells, keeps or asserts changes nothing, also where it is not known', async () => {
    const one = tasks(
      `
- { name: asks, command: echo 1, changed_when: false, register: r }
- { name: shows, debug: { msg: "<%= r.stdout %>" } }
- { name: shows all, debug: { var: r.stdout }, when: r.stdout != '' }
- { name: asserts, assert: { that: r.stdout == '1' } }
- { name: keeps, set_fact: { kept: "<%= r.stdout %>" } }
- { name: shows what is kept, debug: { msg: "<%= kept %>" } }
- { name: looks, stat: { path: "/<%= r.stdout %>" }, register: s }
- { name: once, debug: { msg: "<%= r.stdout %>" }, run_once: true }
- { name: no change, command: "echo <%= r.stdout %>", changed_when: false }
`,
      { hosts: ['web1', 'web2'] },
    );
    const { code, stdout } = await one.cli('--check', '--exit-code', 'site.yml');
    expect(stdout).to.match(
      /message +web1 web2 +shows\n +\(not known in a dry run: it depends on the result "r"/,
    );
    expect(stdout).to.not.match(/may chg/);
    expect([code, stdout.includes('0 would change')]).to.deep.equal([0, true]);
    expect((await one.cli('site.yml')).code).to.equal(0);
  });

  it('but what is made of the unknown may change', async () => {
    const one = tasks(`
- { name: asks, command: echo 1, changed_when: false, register: r }
- { name: makes, copy: { dest: "<%= out %>/f", content: "<%= r.stdout %>" } }
`);
    const { code, stdout } = await one.cli('--check', '--exit-code', 'site.yml');
    expect([code, /may chg +web1 +makes/.test(stdout)]).to.deep.equal([2, true]);
  });
});

describe('until in a dry run', () => {
  cleanUp();
  const counts = `n=$(cat n 2>/dev/null); echo x$n > n; [ "$n" != "" ]`;

  it('is waited for as in the run, for what runs in both', async () => {
    for (const more of ['', ', changed_when: false']) {
      const one = tasks(
        `- { shell: '${counts}', args: { chdir: "<%= out %>" }, check_mode: false${more}, register: r, until: r.rc == 0, delay: 0 }`,
      );
      const played = await one.play('--check');
      expect([played.of('web1').failed, one.lines('n')], more).to.deep.equal([0, ['xx']]);
    }
  });

  it('is waited for by what only asks, unless an earlier task would have brought it', async () => {
    const waits = `- { name: waits, stat: { path: "<%= out %>/f" }, register: s, until: s.stat.exists, retries: 2, delay: 0 }`;
    const alone = await tasks(waits).play('--check');
    expect(alone.events.filter(({ type }) => type === 'retry')).to.have.length(2);
    expect(alone.of('web1').failed).to.equal(1);
    const behind = await tasks(`- { copy: { dest: "<%= out %>/f", content: x } }\n${waits}`).play('--check');
    expect(behind.tasks()).to.deep.equal(['changed copy', 'may-change waits']);
  });
});
