import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { formatPosition } from '../../src/errors.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import type { Task } from '../../src/playbook/model.js';
import { Template } from '../../src/template/template.js';
import { catalogue } from './catalogue.js';
import { load, namesOf, tasksOf } from './memory-files.js';

const debug = (name: string): string => `- { name: ${name}, debug: }\n`;

async function firstTask(text: string): Promise<Task> {
  const { plays } = await load({ 'site.yml': `- hosts: all\n  tasks:\n${text.replace(/^/gm, '    ')}` });
  return tasksOf(plays[0]!.tasks)[0]!;
}

describe('loadPlaybook', () => {
  it('orders the sections as Ansible does, with the handlers flushed between them', async () => {
    const { plays } = await load({
      'site.yml': `
- hosts: all
  post_tasks: [{ name: last, debug: }]
  tasks: [{ name: third, debug: }]
  roles: [web]
  pre_tasks: [{ name: first, debug: }]
`,
      'roles/web/tasks/main.yml': debug('second'),
    });
    const shown = plays[0]!.tasks.map((node) =>
      node.kind === 'task' ? String(node.name ?? node.args) : node.kind,
    );
    expect(shown).to.deep.equal([
      'first',
      'flush_handlers',
      'second',
      'third',
      'flush_handlers',
      'last',
      'flush_handlers',
    ]);
  });

  it('hands keywords on from the play through role, block and import, the inner ones first', async () => {
    const { plays } = await load({
      'site.yml': `
- hosts: all
  become: true
  become_user: root
  tags: play
  environment: { A: 1, B: 1 }
  roles:
    - { role: web, when: outer, tags: [role], become_user: web, vars: { port: 1 } }
`,
      'roles/web/tasks/main.yml': `
- when: middle
  tags: block
  vars: { colour: red }
  environment: { B: 2 }
  block:
    - import_tasks: more.yml
      tags: import
      vars: { colour: blue }
`,
      'roles/web/tasks/more.yml': `
- debug:
  when: [inner, last]
  tags: own, two
  vars: { colour: green }
  become: false
  timeout: 5
`,
    });
    const [task] = tasksOf(plays[0]!.tasks);
    expect(task!.when.map(({ source }) => source)).to.deep.equal(['outer', 'middle', 'inner', 'last']);
    expect(task!.tags).to.deep.equal(['play', 'role', 'block', 'import', 'own', 'two']);
    expect(task!.vars.map((vars) => vars.get('colour')?.value)).to.deep.equal(['red', 'blue', 'green']);
    expect(task!.environment).to.deep.equal({ A: 1, B: 2 });
    expect([task!.become, task!.becomeUser, task!.timeout]).to.deep.equal([false, 'web', 5]);
    expect(task!.role?.params.get('port')).to.deep.equal({
      value: 1,
      position: { file: 'site.yml', line: 8, col: 73 },
    });
  });

  it('dissolves a block that rescues nothing and keeps one that does', async () => {
    const { plays } = await load({
      'site.yml': `
- hosts: all
  tasks:
    - block: [{ name: a, debug: }]
    - name: careful
      block: [{ name: b, debug: }]
      rescue: [{ name: c, debug: }]
      always: [{ name: d, debug: }]
`,
    });
    const [first, second] = plays[0]!.tasks;
    expect(first).to.include({ kind: 'task', name: 'a' });
    expect(second).to.include({ kind: 'block', name: 'careful' });
    if (second?.kind !== 'block') throw new Error('not a block');
    expect([second.block, second.rescue, second.always].map(namesOf)).to.deep.equal([['b'], ['c'], ['d']]);
  });

  it('reads an import by include_tasks as well, and files of a role before those beside the playbook', async () => {
    const { plays } = await load({
      'site.yml': '- hosts: all\n  roles: [web]\n  tasks:\n    - include_tasks: { file: more.yml }\n',
      'more.yml': debug('beside the playbook'),
      'roles/web/tasks/main.yml': '- import_tasks: sub/one.yml\n',
      'roles/web/tasks/sub/one.yml': '- import_tasks: more.yml\n',
      'roles/web/tasks/more.yml': debug('in the role'),
    });
    expect(namesOf(plays[0]!.tasks)).to.deep.equal(['web:in the role', 'beside the playbook']);
  });

  it('imports playbooks: variables weaker than the play’s own, conditions and tags on every task', async () => {
    const { plays } = await load({
      'site.yml':
        '- import_playbook: sub/web.yml\n  vars: { a: 1, b: 1 }\n  when: wanted\n  tags: web\n- hosts: db\n',
      'sub/web.yml': '- hosts: web\n  vars: { b: 2 }\n  roles: [one]\n',
      'sub/roles/one/tasks/main.yml': debug('x'),
    });
    expect(plays.map((play) => [play.name, play.dir])).to.deep.equal([
      ['web', '/site/sub'],
      ['db', '/site'],
    ]);
    expect([...plays[0]!.vars].map(([name, { value }]) => [name, value])).to.deep.equal([
      ['a', 1],
      ['b', 2],
    ]);
    const [task] = tasksOf(plays[0]!.tasks);
    expect([task!.when[0]!.source, ...task!.tags]).to.deep.equal(['wanted', 'web']);
  });

  it('merges vars_files over vars and opens vaulted ones', async () => {
    const { plays } = await load(
      {
        'site.yml': '- hosts: all\n  vars: { a: 1, b: 1 }\n  vars_files: [one.yml, two.yml]\n',
        'one.yml': 'b: 2\nc: 2\n',
        'two.yml': '$ANSIBLE_VAULT;1.1;AES256\n61\n',
      },
      { openVault: (ciphertext) => `c: ${ciphertext.split('\n')[1]!}\n` },
    );
    expect([...plays[0]!.vars].map(([name, { value }]) => [name, value])).to.deep.equal([
      ['a', 1],
      ['b', 2],
      ['c', 61],
    ]);
    expect(formatPosition(plays[0]!.vars.get('c')!.position!)).to.equal('two.yml:1:1');
  });

  it('reads the keywords of a play', async () => {
    const { plays } = await load({
      'site.yml': `
- name: Web
  hosts: [web, "!web3"]
  serial: [1, 30%, "2"]
  gather_facts: no
  any_errors_fatal: true
  max_fail_percentage: 20
  become: yes
`,
    });
    expect(plays[0]).to.deep.include({
      name: 'Web',
      hosts: ['web', '!web3'],
      serial: [1, '30%', 2],
      anyErrorsFatal: true,
      maxFailPercentage: 20,
      become: true,
      roles: [],
    });
  });

  it('loads the shipped site', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const { plays } = await loadPlaybook({
      path: 'playbooks/site.yml',
      cwd: root,
      rolesPath: [`${root}/roles`],
      catalogue,
    });
    expect(plays.flatMap((play) => play.roles.map((role) => role.name))).to.include.members([
      'common',
      'nginx',
      'haproxy',
      'keepalived',
    ]);
    expect(plays.flatMap((play) => tasksOf(play.tasks)).length).to.be.greaterThan(30);
  });
});

describe('arguments of tasks', () => {
  it('takes the free form, with args beside it', async () => {
    const task = await firstTask('- command: make "a b" <%= target %>\n  args:\n    chdir: /src\n');
    const { cmd, chdir } = task.args as Record<string, unknown>;
    expect((cmd as Template).source).to.equal('make "a b" <%= target %>');
    expect(chdir).to.equal('/src');
    expect(formatPosition(task.argumentAt(['chdir']))).to.equal('site.yml:5:16');
  });

  it('takes key=value, typed as the schema says', async () => {
    const task = await firstTask(
      '- apt: name=nginx,curl state=present update_cache=yes cache_valid_time=60\n',
    );
    expect(task.args).to.deep.equal({
      name: ['nginx', 'curl'],
      state: 'present',
      update_cache: true,
      cache_valid_time: 60,
    });
    expect(formatPosition(task.argumentAt(['state']))).to.equal('site.yml:3:34');
  });

  it('takes templates in key=value and keeps their places', async () => {
    const task = await firstTask('- copy: dest=/etc/<%= name %> content="a <%= b %>"\n');
    const { dest, content } = task.args as { dest: Template; content: Template };
    expect([dest.source, content.source]).to.deep.equal(['/etc/<%= name %>', 'a <%= b %>']);
    expect(formatPosition(content.positionAt(2))).to.equal('site.yml:3:46');
  });

  it('takes key=value for a module with a free form when the line begins with a known key', async () => {
    expect((await firstTask('- debug: var=name\n')).args).to.deep.equal({ var: 'name' });
    expect((await firstTask('- debug: a=b\n')).args).to.deep.equal({ msg: 'a=b' });
    expect((await firstTask('- shell: FOO=1 run if=x\n')).args).to.deep.equal({ cmd: 'FOO=1 run if=x' });
  });

  it('takes a module by its full name in Ansible', async () => {
    const task = await firstTask('- ansible.builtin.copy: { dest: /x, content: y }\n');
    expect(task.module).to.equal('copy');
  });

  it('takes a template that gives all arguments', async () => {
    const task = await firstTask('- file: "<%= { path: name, state: \'absent\' } %>"\n');
    expect((task.args as Template).source).to.contain('path: name');
  });

  it('leaves braces alone in what is tagged !unsafe', async () => {
    const task = await firstTask("- shell: !unsafe docker inspect -f '{{.State}}' x\n");
    expect(task.args).to.deep.equal({ cmd: "docker inspect -f '{{.State}}' x" });
  });
});

describe('keywords of tasks', () => {
  it('reads them all', async () => {
    const task = await firstTask(`
- name: wait for <%= name %>
  command: "true"
  loop: [1, 2]
  loop_control: { loop_var: number, label: "<%= number %>" }
  register: result
  until: result.rc == 0
  retries: 3
  delay: 0.5
  changed_when: false
  failed_when: [result.rc > 1, "'bad' == result.stdout"]
  delegate_to: db1
  run_once: true
  ignore_errors: true
  no_log: true
  check_mode: false
`);
    expect((task.name as Template).source).to.equal('wait for <%= name %>');
    expect(task).to.deep.include({
      loop: [1, 2],
      loopVar: 'number',
      register: 'result',
      retries: 3,
      delay: 0.5,
      delegateTo: 'db1',
      runOnce: true,
      ignoreErrors: true,
      noLog: true,
      checkMode: false,
    });
    expect((task.loopLabel as Template).source).to.equal('<%= number %>');
    expect(task.until?.map(({ source }) => source)).to.deep.equal(['result.rc == 0']);
    expect(task.changedWhen?.map(({ source }) => source)).to.deep.equal(['false']);
    expect(task.failedWhen?.map(({ source }) => source)).to.deep.equal([
      'result.rc > 1',
      "'bad' == result.stdout",
    ]);
  });

  it('takes with_items for a loop whose lists are taken apart', async () => {
    expect(await firstTask('- debug:\n  with_items: [1, [2, 3]]\n')).to.deep.include({
      loop: [1, [2, 3]],
      loopFlat: true,
    });
    expect(await firstTask('- debug:\n  loop: [1, [2, 3]]\n')).to.deep.include({ loopFlat: false });
    expect((await firstTask('- debug:\n  with_items: "<%= list %>"\n')).loop).to.be.instanceOf(Template);
  });

  it('places an expression exactly, whatever quotes it stands in', async () => {
    const task = await firstTask(`- debug:
  when: "'it' == name"
`);
    const [expression] = task.when;
    expect(expression!.source).to.equal("'it' == name");
    expect(formatPosition(expression!.positionAt!(8))).to.equal('site.yml:4:22');
  });
});
