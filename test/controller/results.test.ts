import { expect } from 'chai';
import { cleanUp, isRunning, tasks } from './project.js';

describe('results of tasks', () => {
  cleanUp();

  it('skip on a condition that is false, from variables, results and facts', async () => {
    const { tasks: said } = await tasks(`
- { name: ask, command: echo 5, register: asked }
- { name: by variable, command: 'true', when: inventory_hostname == 'other' }
- { name: by result, command: 'true', when: asked.stdout == '4' }
- { name: by fact, command: 'true', when: "ansible_facts.architecture == ''" }
- { name: one of several, command: 'true', when: ["true", "asked.rc == 1", undefined_but_not_read] }
- { name: runs, command: 'true', when: "asked.stdout == '5' && ansible_architecture != ''" }
- { name: skipped result, command: 'true', when: false, register: skipped }
- { name: sees it, command: 'true', when: skipped.skipped }
`).play();
    expect(said()).to.deep.equal([
      'changed ask',
      'skipped by variable',
      'skipped by result',
      'skipped by fact',
      'skipped one of several',
      'changed runs',
      'skipped skipped result',
      'changed sees it',
    ]);
  });

  it('are registered with the names that Ansible gives', async () => {
    const { messages } = await tasks(`
- { shell: 'echo one; echo two; echo err >&2; exit 3', register: r, failed_when: false }
- debug: { msg: "<%= toJson([r.rc, r.stdout, r.stdout_lines, r.stderr_lines, r.changed, r.failed]) %>" }
`).play();
    expect(JSON.parse(messages()[0]!)).to.deep.equal([3, 'one\ntwo', ['one', 'two'], ['err'], true, false]);
  });

  it('change and fail as changed_when and failed_when say', async () => {
    const { tasks: said, of } = await tasks(`
- { name: never changes, command: echo a, changed_when: false }
- { name: changes, command: echo changed, register: r, changed_when: "r.stdout.includes('changed')" }
- { name: all must hold, command: echo x, register: r, changed_when: ["r.rc == 0", "r.stdout == 'y'"] }
- { name: may fail, shell: 'exit 3', register: r, failed_when: r.rc > 3 }
- { name: fails, shell: 'echo bad news', register: r, failed_when: "r.stdout.includes('bad')" }
- { name: never reached, command: 'true' }
`).play();
    expect(said()).to.deep.equal([
      'ok never changes',
      'changed changes',
      'ok all must hold',
      'changed may fail',
      'failed fails',
    ]);
    expect(of('web1')).to.include({ ok: 4, changed: 2, failed: 1 });
  });

  it('go on after a failure that is ignored, also of an undefined variable, a missing template, a user and a timeout', async () => {
    const { tasks: said, of } = await tasks(`
- { name: command, command: 'false', ignore_errors: true, register: r }
- { name: saw it, command: 'true', when: r.failed && r.rc == 1 }
- { name: undefined, debug: { msg: "<%= no_such_variable %>" }, ignore_errors: true, register: u }
- { name: saw that, command: 'true', when: u.failed }
- { name: template, template: { src: "<%= vars.none ?? 'none' %>.ejs", dest: "<%= out %>/x" }, ignore_errors: true }
- { name: user, command: 'true', become: true, become_user: no-such-user, ignore_errors: true, register: b }
- { name: timeout, command: sleep 30, timeout: 0.3, ignore_errors: true, register: t }
- { name: end, command: 'true', when: b.failed && t.failed }
`).play();
    expect(said()).to.deep.equal([
      'ignored command',
      'changed saw it',
      'ignored undefined',
      'changed saw that',
      'ignored template',
      'ignored user',
      'ignored timeout',
      'changed end',
    ]);
    expect(of('web1').failed).to.equal(0);
  });

  it('name the task, its place and the reason when it failed', async () => {
    const site = tasks(`
- { name: says why, shell: 'echo first; echo last words >&2; exit 4' }
`);
    const { errors } = await site.play();
    const [error] = errors();
    expect(error!.message).to.equal('script failed: exit code 4');
    expect(error!.detail).to.deep.equal(['stdout:', '  first', 'stderr:', '  last words']);
    expect(error!.task).to.equal('says why');
    expect(error!.position).to.include({ line: 3, col: 7 });
  });

  it('are tried again until a condition holds, so often and no more', async () => {
    const site = tasks(`
- name: third time
  shell: 'echo x >> "<%= out %>/tries"; wc -l < "<%= out %>/tries"'
  register: r
  until: r.stdout == '3'
  retries: 5
  delay: 0.01
- { name: counted, debug: { msg: "<%= r.stdout %>" } }
- name: never
  shell: 'echo x >> "<%= out %>/never"'
  register: n
  until: n.rc == 1
  retries: 2
  delay: 0
`);
    const { events, messages, errors } = await site.play();
    expect(site.lines('tries')).to.have.length(3);
    expect(messages()).to.deep.equal(['3']);
    expect(site.lines('never')).to.have.length(3);
    expect(errors()[0]!.message).to.equal('until does not hold: n.rc == 1');
    expect(events.filter(({ type }) => type === 'retry')).to.have.length(4);
  });

  it('are tried again with retries alone while the task fails', async () => {
    const site = tasks(`
- { name: second, shell: 'test -e "<%= out %>/there" || { touch "<%= out %>/there"; exit 1; }', retries: 3, delay: 0 }
`);
    expect((await site.play()).tasks()).to.deep.equal(['changed second']);
  });

  it('of a task that takes too long fail it, and what it started is gone', async () => {
    const site = tasks(`
- { name: slow, shell: 'echo $$ > "<%= out %>/pid"; exec sleep 30', timeout: 0.5 }
- { name: not reached, command: 'true' }
`);
    const { tasks: said, errors } = await site.play();
    expect(said()).to.deep.equal(['failed slow']);
    expect(errors()[0]!.message).to.match(/0\.5 s/);
    const pid = Number(site.read('pid'));
    for (let tries = 0; tries < 20 && isRunning(pid); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isRunning(pid)).to.equal(false);
  });

  it('see the environment that the task gives, a probe too', async () => {
    const { messages } = await tasks(
      `
- { shell: 'echo $COLOR-$NUMBER', register: a }
- { shell: 'echo $COLOR', environment: { COLOR: inner }, register: b }
- { shell: 'echo $COLOR', changed_when: false, check_mode: false, register: c }
- { command: printenv COLOR, changed_when: false, check_mode: false, register: d }
- debug: { msg: "<%= [a, b, c, d].map((r) => r.stdout).join() %>" }
`,
      { play: 'environment: { COLOR: "<%= inventory_hostname %>", NUMBER: 7 }' },
    ).play();
    expect(messages()).to.deep.equal(['web1-7,inner,web1,web1']);
  });

  it('of a probe fail the task like any other, unless failed_when says otherwise', async () => {
    const probe = 'changed_when: false, check_mode: false';
    const site = tasks(`
- { name: allowed, command: ls /no/such, ${probe}, failed_when: false, register: r }
- { name: seen, debug: { msg: "<%= r.rc %>" } }
- { name: fails, command: ls /no/such, ${probe} }
`);
    const { tasks: said, errors, messages } = await site.play();
    expect(said()).to.deep.equal(['ok allowed', 'ok seen', 'failed fails']);
    expect(messages()).to.deep.equal(['2']);
    expect(errors()[0]!.detail.join()).to.match(/no.such/);
  });
});
