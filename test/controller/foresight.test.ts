import { expect } from 'chai';
import { cleanUp, indent, project, tasks, type Project } from './project.js';

const READS = 'changed_when: false, check_mode: false';

/** A play for each list of tasks. */
function plays(...lists: string[]): string {
  return lists
    .map((list, index) => `- name: play ${index + 1}\n  hosts: all\n  tasks:\n${indent(list, 4)}`)
    .join('');
}

/** One round trip for all plays of a host, when nothing changes. */
async function expectOne(site: Project, ...args: string[]): Promise<void> {
  const recap = (await site.play(...args)).of('web1');
  expect([recap.changed, recap.roundTrips, recap.failed]).to.deep.equal([0, 1, 0]);
}

describe('what later plays will ask', () => {
  cleanUp();

  it('is asked along with the first question, and not again', async () => {
    const site = project({
      'site.yml': plays(
        `- { copy: { dest: "<%= out %>/a", content: a } }`,
        `- block: [{ copy: { dest: "<%= out %>/b", content: b } }, { lineinfile: { path: "<%= out %>/b", line: b } }]
  rescue: [{ debug: { msg: never } }]`,
        `- { command: "cat <%= out %>/b", ${READS}, register: b }
- { copy: { dest: "<%= out %>/c", content: c }, when: b.rc == 0 }`,
      ),
    });
    await site.play();
    // The last task waits for a result: nobody can tell what it asks before that.
    expect((await site.play()).of('web1')).to.include({ changed: 0, roundTrips: 2 });
    site.write({
      'site.yml': plays(
        ...['a', 'b', 'c'].map((name) => `- { copy: { dest: "<%= out %>/${name}", content: ${name} } }`),
      ),
    });
    await expectOne(site);
    await expectOne(site, '--check');
  });

  it('waits for the facts, if something needs them: then all is asked at once', async () => {
    const site = project({
      'site.yml': plays(
        `- { copy: { dest: "<%= out %>/a", content: "<%= ansible_system %>" } }`,
        `- { copy: { dest: "<%= out %>/b", content: b } }`,
        `- { copy: { dest: "<%= out %>/c", content: "<%= ansible_architecture %>" } }`,
      ),
    });
    await site.play();
    expect((await site.play()).of('web1')).to.include({ changed: 0, roundTrips: 2 });
    expect(site.read('a')).to.equal('Linux');
  });

  it('has the facts asked for once, also where nothing waits for them', async () => {
    const asked = async (fact: string): Promise<number> => {
      const site = project({
        'site.yml': plays(
          `- { stat: { path: / } }`,
          `- { stat: { path: /etc } }`,
          `- { debug: { msg: "<%= ${fact} %>" }, when: false }`,
        ),
      });
      const { events } = await site.play();
      return events.reduce((sum, event) => sum + (event.type === 'request' ? event.queries : 0), 0);
    };
    // Two questions and which handlers are pending; the facts besides, and perhaps the handlers again.
    expect(await asked('nothing')).to.equal(3);
    expect(await asked('ansible_kernel')).to.be.within(4, 5);
  });

  it('is asked again when an earlier play has changed something', async () => {
    const site = project({
      'site.yml': plays(
        `- { file: { path: "<%= out %>/d", state: directory } }`,
        `- { shell: 'date > <%= out %>/d/at', args: { creates: "<%= out %>/d/at" } }`,
        `- { stat: { path: "<%= out %>/d/at" }, register: s }
- { debug: { msg: "<%= s.stat.exists %>" } }
- { lineinfile: { path: "<%= out %>/d/at", line: more } }`,
      ),
    });
    const first = await site.play();
    expect([first.messages(), first.of('web1').failed]).to.deep.equal([['true'], 0]);
    await site.play();
    await expectOne(site);
  });

  it('is asked again when another host has changed something', async () => {
    const hosts = ['web1', 'web2'];
    const files = (content: string): Record<string, string> => ({
      'site.yml': `
- hosts: all
  tasks: [{ stat: { path: / } }]
- hosts: web1
  tasks: [{ copy: { dest: "<%= inventory_dir %>/shared", content: "${content}" } }]
- hosts: web2
  tasks:
    - { command: "cat <%= inventory_dir %>/shared", ${READS}, register: r }
    - { debug: { msg: "<%= r.stdout %>" } }
`,
    });
    const site = project(files('one'), hosts);
    for (const content of ['one', 'one', 'two']) {
      site.write(files(content));
      expect((await site.play()).messages('web2')).to.deep.equal([content]);
    }
  });

  it('is what the play sees in its turn: results, facts that are set, and those of other hosts', async () => {
    const site = project(
      {
        'site.yml': `
- hosts: all
  vars: { name: early }
  tasks:
    - { stat: { path: / } }
    - { command: echo late, ${READS}, register: r }
    - { set_fact: { name: "<%= r.stdout %>" } }
- hosts: all
  tasks:
    - { copy: { dest: "<%= out %>/name", content: "<%= name %> <%= hostvars.web2.name %>" } }
- hosts: all
  vars: { name: of the play }
  tasks:
    - { copy: { dest: "<%= out %>/again", content: "<%= vars.name %>" } }
`,
      },
      ['web1', 'web2'],
    );
    for (let run = 0; run < 2; run += 1) {
      const { recap } = await site.play();
      expect(recap.hosts.map(({ failed, changed }) => [failed, changed])).to.deep.equal([
        [0, run === 0 ? 2 : 0],
        [0, run === 0 ? 2 : 0],
      ]);
      expect([site.read('name'), site.read('again')]).to.deep.equal(['late late', 'late']);
    }
  });

  it('does not matter while it is wrong: a mistake fails in its turn, a play that is not reached not at all', async () => {
    const site = project({
      'site.yml': plays(
        `- { stat: { path: / } }`,
        `- { name: fails, command: 'false', ${READS} }`,
        `- { name: wrong, copy: { dest: "<%= nowhere %>", content: x } }`,
      ),
    });
    const { tasks: said, errors } = await site.play();
    expect(said()).to.deep.equal(['ok stat', 'failed fails']);
    expect(errors()).to.have.length(1);
  });

  it('reads files of this machine again when a task has changed one', async () => {
    const site = project({
      'files/motd': 'old',
      'site.yml': `
- hosts: all
  tasks:
    - { stat: { path: / } }
    - { command: "cp <%= playbook_dir %>/new <%= playbook_dir %>/files/motd", delegate_to: localhost }
- hosts: all
  tasks: [{ copy: { src: motd, dest: "<%= out %>/motd" } }]
`,
      new: 'new',
    });
    await site.play();
    expect(site.read('motd')).to.equal('new');
  });
});

describe('answers from before a pause', () => {
  cleanUp();

  it('are asked again: until waits for what the tasks behind it look at', async () => {
    // It only counts how often it is asked: the second time there is something to see.
    const counts = `n=$(cat n 2>/dev/null); echo x$n > n; [ -z "$n" ] || touch late; test -e late`;
    const site = tasks(`
- { shell: '${counts}', args: { chdir: "<%= out %>" }, ${READS}, register: r, until: r.rc == 0, delay: 0, failed_when: false }
- { stat: { path: "<%= out %>/late" }, register: s }
- { debug: { msg: "<%= s.stat.exists %>" } }
`);
    expect((await site.play()).messages()).to.deep.equal(['true']);
  });
});
