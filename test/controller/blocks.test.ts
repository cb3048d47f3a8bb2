import { expect } from 'chai';
import { cleanUp, tasks } from './project.js';

describe('blocks', () => {
  cleanUp();

  it('rescue a failure and always end with always', async () => {
    const {
      tasks: said,
      of,
      messages,
    } = await tasks(`
- block:
    - { name: one, command: 'true' }
    - { name: two, shell: 'echo boom >&2; exit 7' }
    - { name: three, command: 'true' }
  rescue:
    - debug: { msg: "<%= ansible_failed_task.name %> <%= ansible_failed_result.rc %> <%= ansible_failed_result.stderr %>" }
  always:
    - { name: always, command: 'true' }
- { name: after, command: 'true' }
`).play();
    expect(said()).to.deep.equal([
      'changed one',
      'rescued two',
      'ok debug',
      'changed always',
      'changed after',
    ]);
    expect(messages()).to.deep.equal(['two 7 boom']);
    expect(of('web1').failed).to.equal(0);
  });

  it('skip rescue when nothing fails', async () => {
    const { tasks: said } = await tasks(`
- block: [{ name: one, command: 'true' }]
  rescue: [{ name: rescue, command: 'true' }]
  always: [{ name: always, command: 'true' }]
`).play();
    expect(said()).to.deep.equal(['changed one', 'changed always']);
  });

  it('fail the host after always when there is no rescue or the rescue fails', async () => {
    const site = tasks(`
- block: [{ name: one, command: 'false' }]
  rescue: [{ name: rescue, command: 'false' }]
  always: [{ name: always, command: 'true' }]
- { name: after, command: 'true' }
`);
    const { tasks: said, of } = await site.play();
    expect(said()).to.deep.equal(['rescued one', 'failed rescue', 'changed always']);
    expect(of('web1').failed).to.equal(1);
    site.write({
      'site.yml': `
- hosts: all
  tasks:
    - block: [{ name: one, command: 'false' }]
      always: [{ name: always, command: 'true' }]
    - { name: after, command: 'true' }
`,
    });
    expect((await site.play()).tasks()).to.deep.equal(['failed one', 'changed always']);
  });

  it('rescue an undefined variable, a missing template, a missing user and a timeout', async () => {
    const site = tasks(
      [
        'debug: { msg: "<%= nothing_here %>" }',
        `template: { src: "<%= vars.none ?? 'none' %>.ejs", dest: "<%= out %>/x" }`,
        'command: "true", become: true, become_user: no-such-user',
        'command: sleep 30, timeout: 0.3',
      ]
        .map(
          (task, index) => `
- block: [{ name: fails ${index}, ${task} }]
  rescue: [{ name: rescue ${index}, debug: { msg: "<%= ansible_failed_result.failed %>" } }]
`,
        )
        .join(''),
    );
    const { tasks: said, messages } = await site.play();
    expect(said()).to.deep.equal(
      [0, 1, 2, 3].flatMap((index) => [`rescued fails ${index}`, `ok rescue ${index}`]),
    );
    expect(messages()).to.deep.equal(['true', 'true', 'true', 'true']);
  });

  it('hand when, vars, become, environment and tags down, and nest', async () => {
    const site = tasks(`
- when: inventory_hostname == 'web1'
  vars: { word: outer }
  environment: { A: a }
  block:
    - vars: { word: inner }
      environment: { B: b }
      block: [{ name: one, shell: 'echo <%= word %> $A $B > "<%= out %>/one"' }]
      rescue: [{ command: 'true' }]
    - { name: two, shell: 'echo <%= word %> $A $B > "<%= out %>/two"' }
- when: inventory_hostname == 'other'
  block: [{ name: never, command: 'true' }]
  always: [{ name: never too, command: 'true' }]
`);
    const { tasks: said } = await site.play();
    expect(said()).to.deep.equal(['changed one', 'changed two', 'skipped never', 'skipped never too']);
    expect(site.read('one')).to.equal('inner a b\n');
    expect(site.read('two')).to.equal('outer a\n');
  });

  it('let an inner failure through to the outer rescue', async () => {
    const { tasks: said } = await tasks(`
- block:
    - block: [{ name: inner, command: 'false' }]
      always: [{ name: inner always, command: 'true' }]
    - { name: skipped by the failure, command: 'true' }
  rescue: [{ name: outer rescue, command: 'true' }]
`).play();
    expect(said()).to.deep.equal(['rescued inner', 'changed inner always', 'changed outer rescue']);
  });
});
