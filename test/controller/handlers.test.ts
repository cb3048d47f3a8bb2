import { expect } from 'chai';
import { cleanUp, project, type Project } from './project.js';

const handler = (name: string, more = ''): string =>
  `    - { name: ${name}, shell: 'echo ${name} >> "<%= out %>/log"'${more} }\n`;

const changing = (file: string, notify: string): string =>
  `    - { name: ${file}, copy: { dest: "<%= out %>/${file}", content: "<%= vars.x ?? 1 %>" }, notify: ${notify} }\n`;

const play = (tasks: string, handlers: string): Project =>
  project({ 'site.yml': `- hosts: all\n  tasks:\n${tasks}  handlers:\n${handlers}` });

describe('handlers', () => {
  cleanUp();

  it('run once at the end of the section, in the order of their definition', async () => {
    const site = play(
      changing('a', 'two') + changing('b', '[one, two]') + handler('task'),
      handler('one') + handler('two') + handler('never'),
    );
    await site.play();
    expect(site.lines('log')).to.deep.equal(['task', 'one', 'two']);
  });

  it('do not run when nothing changed', async () => {
    const site = play(changing('a', 'one'), handler('one'));
    await site.play();
    const second = await site.play();
    expect(site.lines('log')).to.deep.equal(['one']);
    expect(second.tasks()).to.deep.equal(['ok a']);
    await site.play('-e', 'x=2');
    expect(site.lines('log')).to.deep.equal(['one', 'one']);
  });

  it('are reached by a topic they listen to', async () => {
    const site = play(
      changing('a', 'restart web'),
      handler('one', ', listen: restart web') +
        handler('two', ', listen: [other, restart web]') +
        handler('three'),
    );
    await site.play();
    expect(site.lines('log')).to.deep.equal(['one', 'two']);
  });

  it('run at flush_handlers, and again when notified again', async () => {
    const site = play(
      changing('a', 'one') + '    - meta: flush_handlers\n' + handler('task') + changing('b', 'one'),
      handler('one'),
    );
    await site.play();
    expect(site.lines('log')).to.deep.equal(['one', 'task', 'one']);
  });

  it('run between pre_tasks, roles with tasks, and post_tasks', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  pre_tasks:
${changing('pre', 'one')}
  tasks:
${handler('task')}${changing('a', 'one')}
  post_tasks:
${handler('post')}${changing('b', 'one')}
  handlers:
${handler('one')}
`,
    });
    await site.play();
    expect(site.lines('log')).to.deep.equal(['one', 'task', 'one', 'post', 'one']);
  });

  it('notify other handlers, also ones defined before them', async () => {
    const site = play(
      changing('a', 'two'),
      handler('one') + handler('two', ', notify: [three, one]') + handler('three'),
    );
    await site.play();
    expect(site.lines('log')).to.deep.equal(['two', 'one', 'three']);
  });

  it('that notify each other in a circle end as an error', async () => {
    const site = play(
      changing('a', 'one'),
      handler('one', ', notify: two') + handler('two', ', notify: one'),
    );
    const { errors, of } = await site.play();
    expect(errors()[0]!.message).to.match(/one.*two|two.*one/);
    expect(of('web1').failed).to.equal(1);
    // They are still due: the next run begins with them.
    site.write({
      'site.yml': `- hosts: all\n  tasks: [{ stat: { path: / } }]\n  handlers:\n${handler('one')}${handler('two')}`,
    });
    expect((await site.play()).tasks().slice(1)).to.deep.equal(['changed one']);
  });

  it('of a role are meant first by its own tasks, by others as "role : name"', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  roles: [a, b]
  tasks:
${changing('c', '"a : restart"')}
`,
      'roles/a/tasks/main.yml': '- { name: in a, command: "true" }',
      'roles/a/handlers/main.yml': `- { name: restart, shell: 'echo a >> "<%= out %>/log"' }`,
      'roles/b/tasks/main.yml': changing('b', 'restart').replace(/^ {4}/gm, ''),
      'roles/b/handlers/main.yml': `- { name: restart, shell: 'echo b >> "<%= out %>/log"' }`,
    });
    await site.play();
    expect(site.lines('log')).to.deep.equal(['a', 'b']);
  });

  it('skip themselves with when, and see what tasks registered', async () => {
    const site = play(
      `    - { name: ask, command: echo 7, register: asked }\n${changing('a', '[skipped, runs]')}`,
      handler('skipped', ", when: asked.stdout == '8'") +
        `    - { name: runs, when: asked.changed, shell: 'echo <%= asked.stdout %> >> "<%= out %>/log"' }\n`,
    );
    const { tasks } = await site.play();
    expect(site.lines('log')).to.deep.equal(['7']);
    expect(tasks().slice(-2)).to.deep.equal(['skipped skipped', 'changed runs']);
  });

  it('are notified by an item of a loop that changed, with a name made from a variable', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  vars: { which: one }
  tasks:
    - copy: { dest: "<%= out %>/<%= item %>", content: x }
      loop: [a, b]
      notify: "<%= which %>"
  handlers:
${handler('one')}
`,
    });
    site.write({ 'hosts/web1/a': 'x' });
    await site.play();
    expect(site.lines('log')).to.deep.equal(['one']);
  });

  it('follow what changed_when says of the change', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  tasks:
    - { name: unchanged, command: 'echo no', register: r, changed_when: "r.stdout == 'yes'", notify: one }
    - { name: changed, command: 'echo yes', register: r, changed_when: "r.stdout == 'yes'", notify: two }
  handlers:
${handler('one')}${handler('two')}
`,
    });
    await site.play();
    expect(site.lines('log')).to.deep.equal(['two']);
    await site.play();
    expect(site.lines('log')).to.deep.equal(['two', 'two']);
  });

  it('are not run in a dry run, but told of', async () => {
    const site = play(changing('a', 'one'), handler('one'));
    const { tasks } = await site.play('--check');
    expect(tasks()).to.deep.equal(['changed a', 'changed one']);
    expect(site.read('log')).to.equal(undefined);
    expect(site.read('a')).to.equal(undefined);
    expect((await site.play()).tasks()).to.deep.equal(['changed a', 'changed one']);
  });
});
