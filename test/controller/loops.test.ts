import { expect } from 'chai';
import { cleanUp, tasks } from './project.js';

describe('loops', () => {
  cleanUp();

  it('run once for each item, each judged on its own', async () => {
    const site = tasks(`
- name: files
  copy: { dest: "<%= out %>/<%= item.name %>", content: "<%= item.text %>" }
  loop: [{ name: a, text: 1 }, { name: b, text: 2 }, { name: c, text: 3 }]
  when: item.name != 'b'
`);
    site.write({ 'hosts/web1/c': '3' });
    const { tasks: said, of } = await site.play();
    expect(said()).to.deep.equal(['changed files [a]', 'skipped files [b]', 'ok files [c]']);
    expect(site.read('a')).to.equal('1');
    expect(site.read('b')).to.equal(undefined);
    expect(of('web1')).to.include({ ok: 1, changed: 1, skipped: 0 });
  });

  it('register the result of each item in results', async () => {
    const { messages } = await tasks(`
- { command: "echo <%= item %>", loop: [x, 2], register: all }
- debug: { msg: "<%= all.results.map((r) => r.item + '=' + r.stdout).join() %> <%= all.changed %>" }
- { command: "echo again <%= item.stdout %>", loop: "<%= all.results %>", register: again }
- debug: { msg: "<%= again.results[1].stdout %>" }
`).play();
    expect(messages()).to.deep.equal(['x=x,2=2 true', 'again 2']);
  });

  it('name their variable and show a label', async () => {
    const { tasks: said } = await tasks(`
- name: labelled
  debug: { msg: "<%= user.id %>" }
  loop: [{ id: 1, name: anna }, { id: 2, name: ben }]
  loop_control: { loop_var: user, label: "number <%= user.id %>" }
- { name: by name, debug: { msg: "<%= item.id %>" }, loop: [{ id: 1, name: anna }] }
- { name: by json, debug: { msg: "<%= item.id %>" }, loop: [{ id: 1 }] }
- { name: plain, debug: { msg: "<%= item %>" }, loop: "<%= [true, 7] %>" }
`).play();
    expect(said()).to.deep.equal([
      'ok labelled [number 1]',
      'ok labelled [number 2]',
      'ok by name [anna]',
      'ok by json [{"id":1}]',
      'ok plain [true]',
      'ok plain [7]',
    ]);
  });

  it('over nothing are skipped and leave an empty list', async () => {
    const {
      tasks: said,
      messages,
      of,
    } = await tasks(`
- { name: none, command: 'true', loop: [], register: none }
- { name: skipped, debug: { msg: "<%= none.results.length %> <%= none.changed %>" } }
`).play();
    expect(said()).to.deep.equal(['skipped none', 'ok skipped']);
    expect(messages()).to.deep.equal(['0 false']);
    expect(of('web1').skipped).to.equal(1);
  });

  it('end at the item that fails, and tell which it was', async () => {
    const site = tasks(`
- { name: each, shell: 'echo <%= item %> >> "<%= out %>/log"; test <%= item %> != 2', loop: [1, 2, 3] }
`);
    const { tasks: said } = await site.play();
    expect(said()).to.deep.equal(['changed each [1]', 'failed each [2]']);
    expect(site.lines('log')).to.deep.equal(['1', '2']);
  });

  it('go on over failures that are ignored', async () => {
    const { tasks: said, messages } = await tasks(`
- { name: each, shell: 'test <%= item %> != 2', loop: [1, 2, 3], ignore_errors: true, register: r }
- debug: { msg: "<%= r.failed %> <%= r.results.map((one) => one.failed).join() %>" }
`).play();
    expect(said().slice(0, 3)).to.deep.equal(['changed each [1]', 'ignored each [2]', 'changed each [3]']);
    expect(messages()).to.deep.equal(['true false,true,false']);
  });

  it('refuse what is no list', async () => {
    const { errors } = await tasks(`
- { command: 'true', loop: "<%= { a: 1 } %>" }
`).play();
    expect(errors()[0]!.message).to.equal('loop must be a list, not a mapping');
    expect(errors()[0]!.hint).to.match(/Object\.entries/);
  });

  it('are not evaluated where the task is skipped anyway', async () => {
    const { tasks: said } = await tasks(`
- { name: asked, command: echo 1, register: r, when: false }
- { name: skipped, command: "echo <%= item %>", loop: "<%= r.results %>", when: "!r.skipped" }
- { name: unknown, command: "echo <%= item %>", loop: "<%= no_such_list %>", when: defined('no_such_list') }
`).play();
    expect(said()).to.deep.equal(['skipped asked', 'skipped skipped', 'skipped unknown']);
  });
});
