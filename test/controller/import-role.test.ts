import { expect } from 'chai';
import { cleanUp, project, tasks } from './project.js';

const role = {
  'roles/app/tasks/main.yml': '- import_tasks: switch.yml\n',
  'roles/app/tasks/prepare.yml':
    '- { name: prepare, copy: { dest: "<%= out %>/release", content: "<%= app_version %>" } }\n',
  'roles/app/tasks/switch.yml':
    '- { name: switch, copy: { dest: "<%= out %>/current", content: "<%= app_version %>" }, notify: reload }\n',
  'roles/app/handlers/main.yml': `- { name: reload, shell: 'echo <%= app_version %> >>"<%= out %>/log"' }\n`,
  'roles/app/defaults/main.yml': 'app_version: one\n',
  'roles/app/verify.yml':
    '- { name: it is there, file: { path: "<%= out %>/current", contains: "<%= app_version %>" }, timeout: 0 }\n',
};

describe('import_role', () => {
  cleanUp();

  it('runs a part of a role with its defaults and handlers, and asks its checks once for all plays', async () => {
    const played = await project({
      ...role,
      'site.yml': `
- hosts: all
  tasks: [{ import_role: { name: app, tasks_from: prepare } }]
- hosts: all
  vars: { app_version: two }
  tasks:
    - import_role: { name: app, tasks_from: switch }
    - { name: after, debug: { msg: "<%= app_version %>" } }
- hosts: all
  vars: { app_version: two }
  tasks: [{ import_role: { name: app, tasks_from: switch } }]
`,
    }).play();
    expect(played.tasks().slice(0, 5)).to.deep.equal([
      'changed prepare',
      'changed switch',
      'ok after',
      'changed reload',
      'ok switch',
    ]);
    expect(played.messages()).to.deep.equal(['two']);
    // "one" does not hold any more; "two" is wanted by two plays and asked once.
    expect([played.of('web1').checksPassed, played.of('web1').checksFailed]).to.deep.equal([1, 1]);
  });

  it('in a block is rescued, the handlers that are flushed there too', async () => {
    const one = project({
      ...role,
      'roles/app/handlers/main.yml': `- { name: reload, shell: 'echo <%= app_version %> >>"<%= out %>/log"; test <%= app_version %> != bad' }\n`,
      'site.yml': `
- hosts: all
  tasks:
    - block:
        - import_role: { name: app }
        - meta: flush_handlers
        - { name: not reached, debug: }
      rescue:
        - import_role: { name: app }
          vars: { app_version: good }
        - { name: undone, debug: { msg: "<%= ansible_failed_task.name %>" } }
`,
    });
    const played = await one.play('--no-verify', '-e', '{}');
    expect(played.of('web1').failed).to.equal(0);
    const bad = await one.play('--no-verify', '-e', 'app_version=bad');
    expect(bad.tasks()).to.deep.equal(['changed switch', 'rescued reload', 'ok switch', 'ok undone']);
    expect(bad.messages()).to.deep.equal(['reload']);
    expect(bad.of('web1').failed).to.equal(0);
    // The handler that failed is owed to the next run.
    expect((await one.play('--no-verify')).tasks()).to.include('changed reload');
  });
});

describe('check_mode of a task', () => {
  cleanUp();

  it('tells what it would change, and does not', async () => {
    const one = tasks(`
- { name: would, copy: { dest: "<%= out %>/a", content: a }, check_mode: true, register: would }
- { name: told, debug: { msg: "<%= would.changed %>" } }
- { name: does, copy: { dest: "<%= out %>/b", content: b }, check_mode: false }
`);
    const played = await one.play();
    expect(played.messages()).to.deep.equal(['true']);
    expect([one.read('a'), one.read('b')]).to.deep.equal([undefined, 'b']);
  });
});
