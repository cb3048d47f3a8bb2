import { expect } from 'chai';
import { cleanUp, project, tasks } from './project.js';

describe('a dry run', () => {
  cleanUp();

  it('says "may change" of what needs the result of a change, and why', async () => {
    const one = tasks(`
- { name: asks, command: echo hi, register: said }
- { name: condition, copy: { dest: "<%= out %>/a", content: x }, when: said.stdout == 'hi' }
- { name: argument, copy: { dest: "<%= out %>/b", content: "<%= said.stdout %>" } }
- { name: loop, debug: { msg: "<%= item %>" }, loop: "<%= said.stdout_lines %>" }
- { name: whole, debug: { msg: "<%= JSON.stringify(said) %>" } }
- { name: known, debug: { msg: "<%= said.changed %> <%= said.failed %>" } }
- { name: not there, debug: { msg: x }, when: said.skipped }
`);
    const { tasks: said, events, of } = await one.play('--check');
    expect(said()).to.deep.equal([
      'changed asks',
      'may-change condition',
      'may-change argument',
      'ok loop',
      'ok whole',
      'ok known',
      'skipped not there',
    ]);
    const reasons = events.flatMap((event) =>
      event.type === 'task-result' && event.result.status === 'may-change' ? [event.result.reason] : [],
    );
    expect(new Set(reasons)).to.deep.equal(
      new Set(['it depends on the result "said", which only the run itself brings']),
    );
    expect(of('web1')).to.include({ changed: 1, mayChange: 2, failed: 0, ok: 6 });
    // The run itself knows.
    expect((await one.play()).tasks()).to.deep.equal([
      'changed asks',
      'changed condition',
      'changed argument',
      'ok loop [hi]',
      'ok whole',
      'ok known',
      'skipped not there',
    ]);
  });

  it('passes "may change" on through set_fact, registered results, loops and handlers', async () => {
    const one = project({
      'site.yml': `
- hosts: all
  tasks:
    - { name: asks, command: echo hi, register: said }
    - { name: fact, set_fact: { text: "<%= said.stdout %>" } }
    - { name: uses fact, copy: { dest: "<%= out %>/fact", content: "<%= text %>" }, register: shown, notify: tell }
    - { name: uses result, command: 'true', when: shown.changed }
    - { name: items, command: "echo <%= item %>", loop: [a, b], register: each }
    - { name: uses items, command: 'true', when: "each.results[0].stdout == 'a'" }
    - { name: counts items, debug: { msg: "<%= each.results.length %> <%= each.changed %> <%= each.results[1].item %>" } }
  handlers:
    - { name: tell, command: 'true' }
    - { name: not told, command: 'true' }
`,
    });
    const { tasks: said, messages } = await one.play('--check');
    expect(said()).to.deep.equal([
      'changed asks',
      'ok fact',
      'may-change uses fact',
      'may-change uses result',
      'changed items [a]',
      'changed items [b]',
      'may-change uses items',
      'ok counts items',
      'may-change tell',
    ]);
    expect(messages().at(-1)).to.equal('2 true b');
  });

  it('judges what it leaves out by changed_when, and does not take it for failed', async () => {
    const one = tasks(`
- { name: never, command: 'true', changed_when: false }
- { name: perhaps, command: 'true', register: r, changed_when: "r.stdout != ''" }
- { name: fails perhaps, command: 'true', register: r, failed_when: "r.rc != 0" }
- { name: awaited, command: 'false', register: r, until: "r.rc == 0", retries: 3, delay: 9 }
`);
    expect((await one.play('--check')).tasks()).to.deep.equal([
      'ok never',
      'may-change perhaps',
      'changed fails perhaps',
      'changed awaited',
    ]);
  });

  it('plans on where a task works as a user that is not there', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const one = tasks(`
- { name: as nobody there, copy: { dest: "<%= out %>/f", content: x }, become: true, become_user: provision-none }
- { name: goes on, copy: { dest: "<%= out %>/g", content: x } }
`);
    const { tasks: said, of } = await one.play('--check');
    expect(said()).to.deep.equal(['may-change as nobody there', 'changed goes on']);
    expect(of('web1').failed).to.equal(0);
    expect((await one.play()).tasks()).to.deep.equal(['failed as nobody there']);
  });

  it('of what failed conditions find goes on to be a failure', async () => {
    const one = tasks(`
- { name: real, assert: { that: 1 > 2 } }
`);
    expect((await one.play('--check')).tasks()).to.deep.equal(['failed real']);
  });

  it('with --exit-code ends with 2 when something would change, with 0 when nothing would', async () => {
    const one = tasks(`- { name: f, copy: { dest: "<%= out %>/f", content: x } }`);
    expect((await one.cli('--check', 'site.yml')).code).to.equal(0);
    expect((await one.cli('--dry-run', '--exit-code', 'site.yml')).code).to.equal(2);
    expect(one.read('f')).to.equal(undefined);
    expect((await one.cli('site.yml')).code).to.equal(0);
    expect((await one.cli('--check', '--exit-code', 'site.yml')).code).to.equal(0);
  });
});
