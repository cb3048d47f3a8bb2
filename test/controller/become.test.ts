import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { cleanUp, project, tasks } from './project.js';

const canBecome = process.getuid?.() === 0 && existsSync('/usr/bin/sudo');

describe('become', () => {
  cleanUp();

  before(function () {
    if (!canBecome) this.skip();
  });

  it('works as the user that the nearest word names', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  become: true
  become_user: nobody
  tasks:
    - { name: play, command: id -un, register: a }
    - { name: task, command: id -un, become_user: daemon, register: b }
    - { name: not, command: id -un, become: false, register: c }
    - block: [{ command: id -un, register: d }]
      become_user: games
      rescue: []
    - debug: { msg: "<%= [a, b, c, d].map((r) => r.stdout).join() %>" }
- hosts: all
  tasks:
    - { command: id -un, register: e }
    - debug: { msg: "<%= e.stdout %>" }
`,
    });
    expect((await site.play()).messages()).to.deep.equal(['nobody,daemon,root,games', 'root']);
    expect((await site.play('--become-user', 'sync')).messages()).to.deep.equal([
      'nobody,daemon,root,games',
      'sync',
    ]);
    site.write({ 'host_vars/web1.yml': 'ansible_become: true\nansible_become_user: "<%= \'nobody\' %>"\n' });
    expect((await site.play('--become-user', 'sync')).messages()[1]).to.equal('nobody');
  });

  it('owns what it makes, and gets no further than its rights', async () => {
    const site = tasks(`
- { file: { path: "<%= out %>/own", state: directory, owner: nobody, mode: "0755" } }
- { copy: { dest: "<%= out %>/own/file", content: x }, become: true, become_user: nobody }
- { stat: { path: "<%= out %>/own/file" }, register: s }
- { debug: { msg: "<%= s.stat.pw_name %>" } }
- { name: refused, copy: { dest: /etc/provision-test-refused, content: x }, become: true, become_user: nobody }
`);
    spawnSync('chmod', ['755', site.dir]);
    const { messages, tasks: said } = await site.play();
    expect(messages()).to.deep.equal(['nobody']);
    expect(said().at(-1)).to.equal('failed refused');
    expect(existsSync('/etc/provision-test-refused')).to.equal(false);
  });

  it('may be a user that an earlier task of the play makes', async () => {
    const user = `provision-t${process.pid}`;
    const site = tasks(`
- { name: user, user: { name: ${user}, create_home: false } }
- { name: as it, command: id -un, become: true, become_user: ${user}, register: r, changed_when: false }
- { name: and again, debug: { msg: "<%= r.stdout %>" } }
`);
    try {
      const first = await site.play();
      expect(first.tasks()).to.deep.equal(['changed user', 'ok as it', 'ok and again']);
      expect(first.messages()).to.deep.equal([user]);
      expect((await site.play()).of('web1').changed).to.equal(0);
    } finally {
      spawnSync('userdel', [user]);
    }
  });

  it('of a user that there is not fails the task and says so', async () => {
    const { errors } = await tasks(`
- { name: nobody there, command: 'true', become: true, become_user: no-such-user }
`).play();
    expect(errors()[0]!.message).to.match(/^become no-such-user failed: /);
    expect(errors()[0]!.hint).to.equal('make the user no-such-user first');
    expect(errors()[0]!.task).to.equal('nobody there');
  });
});
