import { expect } from 'chai';
import { cleanUp, project, tasks } from './project.js';

describe('looking ahead', () => {
  cleanUp();

  it('sees what set_fact and register of earlier tasks give, however many there are', async () => {
    const chain = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? `- { set_fact: { n: "<%= ${index === 0 ? '0' : 'Number(r.stdout)'} + 1 %>" } }\n`
        : `- { command: "echo <%= n + 1 %>", register: r }\n`,
    );
    const { messages } = await tasks(
      `${chain.join('')}- { debug: { msg: "n=<%= n %> r=<%= r.stdout %>" } }`,
    ).play();
    expect(messages()).to.deep.equal(['n=19 r=20']);
  });

  it('does not mix up a variable that is set again later', async () => {
    const site = tasks(`
- { set_fact: { x: 1 } }
- { copy: { dest: "<%= out %>/a", content: "<%= x %>" } }
- { set_fact: { x: 2 } }
- { copy: { dest: "<%= out %>/b", content: "<%= x %>" } }
- { command: echo 3, register: x }
- { copy: { dest: "<%= out %>/c", content: "<%= x.stdout %>" } }
- { set_fact: { x: "<%= Number(x.stdout) + 1 %>" } }
- { copy: { dest: "<%= out %>/d", content: "<%= x %>" } }
`);
    await site.play();
    expect(['a', 'b', 'c', 'd'].map((name) => site.read(name))).to.deep.equal(['1', '2', '3', '4']);
  });

  it('blames nobody for what the host has in the way of another task', async () => {
    const { tasks: said } = await tasks(`
- { name: links, shell: 'mkdir -p "<%= out %>" && cd "<%= out %>" && ln -s b a && ln -s a b', changed_when: false }
- { name: one, copy: { dest: "<%= out %>/one", content: x } }
- { name: circle, lineinfile: { path: "<%= out %>/a", line: x }, ignore_errors: true }
- { name: two, copy: { dest: "<%= out %>/two", content: x } }
`).play();

    expect(said()).to.deep.equal(['ok links', 'changed one', 'ignored circle', 'changed two']);
  });

  it('does not fail before the turn of a task that is wrong, nor for one that is never reached', async () => {
    const { tasks: said } = await tasks(`
- { name: one, command: 'true' }
- { name: skipped, debug: { msg: "<%= not_there %>" }, when: false }
- { name: two, command: 'true' }
- { name: wrong, debug: { msg: "<%= not_there_either %>" } }
- { name: never, debug: { msg: "<%= nor_this %>" } }
`).play();
    expect(said()).to.deep.equal(['changed one', 'skipped skipped', 'changed two', 'failed wrong']);
  });

  it('forgets what it foresaw of tasks that did not run', async () => {
    const { messages } = await tasks(`
- { set_fact: { color: red } }
- block:
    - { name: fails, command: 'false' }
    - { set_fact: { color: blue } }
  rescue:
    - { debug: { msg: "<%= color %>" } }
`).play();
    expect(messages()).to.deep.equal(['red']);
  });

  it('tells when a result is used before the task that registers it', async () => {
    const { errors } = await tasks(`
- { debug: { msg: "<%= later.stdout %>" } }
- { command: echo, register: later }
`).play();
    expect(errors()[0]!.message).to.match(/later/);
  });

  it('uses no answer from before a change: each task sees what the one before it did', async () => {
    const site = tasks(`
- { file: { path: "<%= out %>/d", state: directory } }
- { copy: { dest: "<%= out %>/d/file", content: "one\\n" } }
- { lineinfile: { path: "<%= out %>/d/file", line: two } }
- { lineinfile: { path: "<%= out %>/d/file", regexp: "^one", line: ONE } }
- { blockinfile: { path: "<%= out %>/d/file", block: block } }
- { file: { path: "<%= out %>/d/file", mode: "0600" } }
- { stat: { path: "<%= out %>/d/file" }, register: s }
- { debug: { msg: "<%= s.stat.mode %>" } }
- { command: 'rm "<%= out %>/d/file"' , args: { removes: "<%= out %>/d/file" } }
- { stat: { path: "<%= out %>/d/file" }, register: s }
- { debug: { msg: "<%= s.stat.exists %>" } }
- { copy: { dest: "<%= out %>/d/file", content: "again\\n" } }
- { lineinfile: { path: "<%= out %>/d/file", line: again } }
`);
    const { messages, of } = await site.play();
    expect(messages()).to.deep.equal(['0600', 'false']);
    expect(site.read('d/file')).to.equal('again\n');
    expect(of('web1').failed).to.equal(0);
  });

  it('a failed condition of one task does not hide a change for the next', async () => {
    const site = tasks(`
- { copy: { dest: "<%= out %>/a", content: x } }
- { command: cat "<%= out %>/a", changed_when: false, check_mode: false, register: r }
- { copy: { dest: "<%= out %>/b", content: "<%= r.stdout %>y" }, when: r.stdout == 'x' }
`);
    await site.play();
    expect(site.read('b')).to.equal('xy');
  });
});

describe('round trips', () => {
  cleanUp();

  const forty = Array.from(
    { length: 20 },
    (_, index) => `
- { file: { path: "<%= out %>/d${index}", state: directory } }
- { copy: { dest: "<%= out %>/d${index}/f", content: "<%= vars.x${index} ?? 1 %>" } }
`,
  ).join('');

  it('a converged list of 40 tasks takes one', async () => {
    const site = tasks(forty);
    expect((await site.play()).of('web1')).to.include({ changed: 40, ok: 40 });
    expect((await site.play()).of('web1')).to.include({ changed: 0, ok: 40, roundTrips: 1 });
  });

  it('every change costs one more', async () => {
    const site = tasks(forty);
    const first = (await site.play()).of('web1').roundTrips;
    // 40 changes: one each, one for the beginning, and none for the queries that travel with them.
    expect(first).to.be.at.most(42);
    for (const changes of [1, 2, 3]) {
      const vars = Object.fromEntries(
        Array.from({ length: changes }, (_, index) => [`x${index * 2}`, `new ${changes}`]),
      );
      // What follows a change is asked along with it, eight tasks far, and then twice as far each time.
      const recap = (await site.play('-e', JSON.stringify(vars))).of('web1');
      expect(recap.changed).to.equal(changes);
      expect(recap.roundTrips).to.be.within(1 + changes, 4 + changes);
    }
    const { of } = await site.play('-e', '{"x19": "last"}');
    expect(of('web1')).to.include({ changed: 4, ok: 40 });
  });

  it('one change at the end of a list costs one', async () => {
    const site = tasks(forty);
    await site.play();
    expect((await site.play('-e', '{"x19": "new"}')).of('web1')).to.include({ changed: 1, roundTrips: 2 });
  });

  it('probes and facts cost none of their own', async () => {
    const probe = 'changed_when: false, check_mode: false';
    const site = tasks(`
- { command: echo 1, ${probe}, register: a }
- { shell: 'echo 2; exit 1', ${probe}, register: b, failed_when: false }
- { stat: { path: / }, register: c }
- { copy: { dest: "<%= out %>/f", content: "x" } }
`);
    await site.play();
    expect((await site.play()).of('web1').roundTrips).to.equal(1);
    // Reading them needs the answers: one more, for all of them.
    site.write({
      'more.yml': `
- hosts: all
  tasks:
    - { command: echo 1, ${probe}, register: a }
    - { shell: echo 2, ${probe}, register: b }
    - { copy: { dest: "<%= out %>/f", content: x }, when: a.stdout == '1' && ansible_architecture != '' }
    - { copy: { dest: "<%= out %>/f", content: x }, when: b.stdout == '2' }
`,
    });
    expect((await site.play('more.yml')).of('web1').roundTrips).to.be.at.most(3);
  });

  it('a play that asks nothing connects to nobody', async () => {
    const site = tasks(`- { debug: { msg: hello } }`);
    const { of, events } = await site.play();
    expect(of('web1').roundTrips).to.equal(0);
    expect(events.some(({ type }) => type === 'host-connected')).to.equal(false);
  });

  it('all checks of a host travel together', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  verify: [${Array.from({ length: 10 }, (_, index) => `{ name: c${index}, file: { path: / } }`).join(', ')}]
`,
    });
    expect((await site.play()).of('web1')).to.include({ checksPassed: 10, roundTrips: 1 });
  });
});
