import { expect } from 'chai';
import { cleanUp, project, type Project } from './project.js';

/** Every level gives the variable `level`; the tests take the strongest ones away, one after the other. */
function levels(without: readonly string[] = []): Project {
  const has = (level: string): boolean => !without.includes(level);
  const site = project({
    'site.yml': `
- hosts: all
  vars: ${has('play') ? '{ level: play }' : '{}'}
  vars_files: ${has('file') ? '[more.yml]' : '[]'}
  roles:
    - { role: r, vars: ${has('params') ? '{ level: params }' : '{ unused: 1 }'} }
`,
    'more.yml': 'level: file',
    'roles/r/defaults/main.yml': 'level: defaults',
    'roles/r/vars/main.yml': has('vars') ? 'level: vars' : 'other: 1',
    'roles/r/tasks/main.yml': `
- debug: { msg: "<%= level %>" }
${has('task') ? '  vars: { level: task }' : ''}
`,
  });
  const groups = { all: 'group_vars/all.yml', host: 'host_vars/web1.yml' };
  for (const [level, file] of Object.entries(groups))
    if (has(level)) site.write({ [file]: `level: ${level}` });
  return site;
}

describe('variables', () => {
  cleanUp();

  it('has six levels: -e, task, role parameters, play, inventory, role defaults', async () => {
    const strongestFirst = ['-e', 'task', 'params', 'vars', 'file', 'play', 'host', 'all', 'defaults'];
    for (const [index, level] of strongestFirst.entries()) {
      const site = levels(strongestFirst.slice(0, index));
      const { messages } = await site.play(...(index === 0 ? ['-e', 'level=-e'] : []));
      expect(messages()).to.deep.equal([level]);
    }
  });

  it('lets nothing win over -e: neither set_fact, register nor a loop', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  tasks:
    - set_fact: { x: fact }
    - command: echo registered
      register: x
    - debug: { msg: "<%= x %>" }
      vars: { x: task }
`,
    });
    expect((await site.play('-e', 'x=given')).messages()).to.deep.equal(['given']);
  });

  it('takes -e as pairs, as JSON with its types, and from a file with templates', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  tasks:
    - debug: { msg: "<%= JSON.stringify([a, b, c, d, e]) %>" }
`,
      'extra.yml': 'e: "<%= inventory_hostname %>!"\nd: [1]\n',
    });
    const { messages } = await site.play('-e', `a=1 b='two words'`, '-e', '{"c": true}', '-e', '@extra.yml');
    expect(messages()).to.deep.equal(['["1","two words",true,[1],"web1!"]']);
  });

  it('sees the defaults of the other roles, the own ones first', async () => {
    const site = project({
      'site.yml': `- hosts: all\n  roles: [a, b]\n  tasks: [{ debug: { msg: "<%= own %> <%= of_a %>" } }]\n`,
      'roles/a/defaults/main.yml': 'own: a\nof_a: 1\n',
      'roles/a/tasks/main.yml': '- debug: { msg: "<%= own %>" }',
      'roles/b/defaults/main.yml': 'own: b\n',
      'roles/b/tasks/main.yml': '- debug: { msg: "<%= own %> <%= of_a %>" }',
    });
    expect((await site.play()).messages()).to.deep.equal(['a', 'b 1', 'b 1']);
  });

  it('keeps the type of a value that is one expression', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  vars: { list: "<%= [1, { a: true }] %>", number: "<%= list.length %>", text: "n=<%= number %>" }
  tasks:
    - debug: { msg: "<%= toJson([list[1].a === true, number + 1, text, vars.nothing ?? 'none', defined('nothing')]) %>" }
`,
    });
    expect(JSON.parse((await site.play()).messages()[0]!)).to.deep.equal([true, 3, 'n=2', 'none', false]);
  });

  it('knows the names that Ansible gives', async () => {
    const site = project(
      {
        'playbooks/site.yml': `
- hosts: web
  roles: [r]
`,
        'roles/r/tasks/main.yml': `
- copy:
    dest: "<%= out %>/magic"
    content: "<%= toJson({ inventory_hostname, group_names, groups, ansible_play_hosts, ansible_play_batch,
      ansible_check_mode, role_name, role_path, inventory_dir, playbook_dir, same: ansible_facts.hostname === ansible_hostname,
      other: hostvars.b.color, hosts: Object.keys(hostvars) }) %>"
`,
      },
      ['a', 'b', 'c'],
    );
    site.write({
      'inventory.yml': `
all:
  vars: { ansible_connection: local, out: "${site.dir}/hosts/<%= inventory_hostname %>" }
  children:
    web: { hosts: { a: , b: { color: blue } } }
    db: { hosts: { c: } }
`,
    });
    await site.play('playbooks/site.yml', '--limit', 'a,c');
    expect(JSON.parse(site.read('magic', 'a')!)).to.deep.equal({
      inventory_hostname: 'a',
      group_names: ['web'],
      groups: { all: ['a', 'b', 'c'], ungrouped: [], web: ['a', 'b'], db: ['c'] },
      ansible_play_hosts: ['a'],
      ansible_play_batch: ['a'],
      ansible_check_mode: false,
      role_name: 'r',
      role_path: `${site.dir}/roles/r`,
      inventory_dir: site.dir,
      playbook_dir: `${site.dir}/playbooks`,
      same: true,
      other: 'blue',
      hosts: ['a', 'b', 'c'],
    });
    expect(site.read('magic', 'b')).to.equal(undefined);
  });
});
