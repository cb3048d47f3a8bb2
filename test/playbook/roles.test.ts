import { expect } from 'chai';
import { formatPosition } from '../../src/errors.js';
import { validateRoleVariables } from '../../src/playbook/role-variables.js';
import { findRoleFile } from '../../src/playbook/search.js';
import { load, memoryFiles, namesOf, tasksOf } from './memory-files.js';

const hello = '- { name: hello, debug: }\n';

describe('roles', () => {
  it('are searched beside the playbook first, then in the other places', async () => {
    const { plays } = await load({
      'site.yml': '- hosts: all\n  roles: [own, shared, ./elsewhere/third]\n',
      'roles/own/tasks/main.yml': hello,
      '/shared/roles/own/tasks/main.yml': hello,
      '/shared/roles/shared/tasks/main.yaml': hello,
      'elsewhere/third/tasks/main.yml': hello,
    });
    const paths = ['/site/roles/own', '/shared/roles/shared', '/site/elsewhere/third'];
    expect(plays[0]!.roles.map((role) => role.path)).to.deep.equal(paths);
    expect(namesOf(plays[0]!.tasks)).to.deep.equal(['own:hello', 'shared:hello', 'third:hello']);
  });

  it('run their dependencies first, each once', async () => {
    const { plays } = await load({
      'site.yml': '- hosts: all\n  roles: [app, web]\n',
      'roles/app/meta/main.yml': 'dependencies: [node, base]\n',
      'roles/node/meta/main.yml': 'dependencies: [{ role: base }]\n',
      'roles/web/meta/main.yml': 'dependencies: [base]\n',
      'roles/app/tasks/main.yml': hello,
      'roles/node/tasks/main.yml': hello,
      'roles/web/tasks/main.yml': hello,
      'roles/base/tasks/main.yml': hello,
    });
    expect(namesOf(plays[0]!.tasks)).to.deep.equal(['base:hello', 'node:hello', 'app:hello', 'web:hello']);
  });

  it('run again with other parameters or conditions, and always where their meta allows it', async () => {
    const texts = {
      'site.yml': `
- hosts: all
  roles:
    - { role: site, vars: { name: "<%= a %>" } }
    - { role: site, site_name: "<%= b %>" }
    - { role: site, vars: { name: "<%= a %>" } }
    - { role: site, vars: { name: "<%= a %>" }, when: other }
`,
      'roles/site/tasks/main.yml': hello,
    };
    const once = await load(texts);
    expect(once.plays[0]!.roles.length).to.equal(3);
    const often = await load({ ...texts, 'roles/site/meta/main.yml': 'allow_duplicates: true\n' });
    expect(often.plays[0]!.roles.length).to.equal(4);
    expect(new Set(often.plays[0]!.roles).size).to.equal(4);
  });

  it('have the tags of all that ask for them', async () => {
    const { plays } = await load({
      'site.yml': '- hosts: all\n  roles: [{ role: app, tags: app }, { role: web, tags: [web] }]\n',
      'roles/app/meta/main.yml': 'dependencies: [base]\n',
      'roles/web/meta/main.yml': 'dependencies: [{ role: base, tags: always }]\n',
      'roles/base/tasks/main.yml': hello,
    });
    expect(tasksOf(plays[0]!.tasks)[0]!.tags).to.deep.equal(['app', 'web', 'always']);
  });

  it('bring defaults, vars, parameters and schema with their places', async () => {
    const { plays } = await load({
      'site.yml':
        '- hosts: all\n  roles:\n    - role: web\n      web_port: 81\n      vars:\n        web_name: www\n',
      'roles/web/defaults/main.yml': '# of the role\nweb_port: 80\n',
      'roles/web/vars/main.yml': 'web_user: www-data\n',
      'roles/web/schema.json': '{"type": "object", "properties": {"web_port": {"type": "integer"}}}',
    });
    const [role] = plays[0]!.roles;
    const shown = [role!.defaults, role!.vars, role!.params].flatMap((vars) =>
      [...vars].map(([name, { value, position }]) => `${name}=${String(value)} ${formatPosition(position!)}`),
    );
    expect(shown).to.deep.equal([
      'web_port=80 roles/web/defaults/main.yml:2:1',
      'web_user=www-data roles/web/vars/main.yml:1:1',
      'web_port=81 site.yml:4:7',
      'web_name=www site.yml:6:9',
    ]);
    expect(role!.schema).to.deep.equal({ type: 'object', properties: { web_port: { type: 'integer' } } });
  });

  it('bring handlers, before those of the play, and their checks', async () => {
    const { plays } = await load({
      'site.yml': `
- hosts: all
  roles: [{ role: web, become: true, when: wanted }]
  handlers: [{ name: own, debug: }]
  tasks: [{ debug: , notify: [own, "web : reload", topic, "<%= dynamic %>"] }]
  verify: [{ port: { port: 443 }, timeout: 5 }]
`,
      'roles/web/handlers/main.yml':
        '- { name: reload, debug: , listen: [topic, other] }\n- import_tasks: more.yml\n',
      'roles/web/handlers/more.yml': '- { name: more, debug: }\n',
      'roles/web/verify.yml':
        '- name: listens\n  port: { port: "<%= item %>" }\n  loop: [80]\n  on: db1\n  run_once: true\n',
    });
    const [play] = plays;
    expect(play!.handlers.map((one) => one.name)).to.deep.equal(['reload', 'more', 'own']);
    expect(play!.handlers[0]!.listen).to.deep.equal(['topic', 'other']);
    expect(play!.handlers[0]!.role).to.equal(play!.roles[0]);
    const [first, second] = play!.checks;
    expect(first).to.deep.include({
      name: 'listens',
      check: 'port',
      loop: [80],
      on: 'db1',
      runOnce: true,
      become: true,
    });
    expect(first!.when.map(({ source }) => source)).to.deep.equal(['wanted']);
    expect(second).to.deep.include({
      check: 'port',
      args: { port: 443 },
      timeout: 5,
      role: undefined,
      runOnce: false,
    });
  });

  it('stand among tasks with import_role, whole or in part', async () => {
    const { plays } = await load({
      'site.yml': `
- hosts: all
  tasks:
    - { name: first, debug: }
    - block:
        - import_role: { name: app, tasks_from: switch }
          when: wanted
          vars: { app_name: shop }
      rescue: [{ name: undo, debug: }]
    - include_role: { name: app }
      tags: app
`,
      'roles/app/meta/main.yml': 'dependencies: [base]\n',
      'roles/app/tasks/main.yml': '- import_tasks: switch.yml\n',
      'roles/app/tasks/switch.yml': '- { name: switch, debug: , notify: reload }\n',
      'roles/app/handlers/main.yml': '- { name: reload, debug: }\n',
      'roles/app/defaults/main.yml': 'app_name: app\n',
      'roles/app/verify.yml': '- port: { port: 80 }\n',
      'roles/base/tasks/main.yml': hello,
      'roles/base/defaults/main.yml': 'base_name: base\n',
    });
    const [play] = plays;
    // A part leaves alone what the role depends on, but knows its defaults.
    expect(namesOf(play!.tasks)).to.deep.equal(['first', 'app:switch', 'undo', 'app:switch']);
    const [, part, , whole] = tasksOf(play!.tasks);
    expect(part!.when.map(({ source }) => source)).to.deep.equal(['wanted']);
    expect([...part!.vars[0]!.keys()]).to.deep.equal(['app_name']);
    expect(whole!.tags).to.deep.equal(['app']);
    expect(play!.roles.map(({ name }) => name)).to.deep.equal(['base', 'app', 'app']);
    expect(play!.roles).to.include(part!.role).and.to.include(whole!.role);
    // Once, however often it is imported.
    expect(play!.handlers.map(({ name }) => name)).to.deep.equal(['reload']);
    expect(play!.checks.map(({ check }) => check)).to.deep.equal(['port']);
  });

  it('imported as a whole run behind what they depend on, unless the play has that already', async () => {
    const texts = {
      'site.yml': '- hosts: all\n  tasks: [{ import_role: { name: app } }]\n',
      'roles/app/meta/main.yml': 'dependencies: [base]\n',
      'roles/app/tasks/main.yml': hello,
      'roles/base/tasks/main.yml': hello,
    };
    expect(namesOf((await load(texts)).plays[0]!.tasks)).to.deep.equal(['base:hello', 'app:hello']);
    const listed = texts['site.yml'].replace('  tasks:', '  roles: [base]\n  tasks:');
    const { plays } = await load({ ...texts, 'site.yml': listed });
    expect(namesOf(plays[0]!.tasks)).to.deep.equal(['base:hello', 'app:hello']);
  });

  it('take a template in place of any value that their schema describes', async () => {
    const { plays } = await load({
      'site.yml': '- hosts: all\n  roles: [{ role: web, vars: { web_port: "<%= port %>" } }]\n',
      'roles/web/defaults/main.yml': 'web_names: ["<%= inventory_hostname %>"]\nweb_tls:\n',
      'roles/web/schema.json': JSON.stringify({
        type: 'object',
        required: ['web_owner'],
        properties: {
          web_port: { type: 'integer' },
          web_names: { type: 'array', items: { type: 'string' } },
          web_tls: { type: 'object' },
          web_owner: { type: 'string' },
        },
      }),
    });
    expect(plays[0]!.roles.length).to.equal(1);
  });
});

describe('validateRoleVariables', () => {
  const schema = {
    type: 'object',
    required: ['b'],
    properties: { a: { type: 'array', items: { type: 'integer' } }, b: { type: 'integer' } },
  };
  const position = { file: 'f.yml', line: 3, col: 1 };

  it('names the variable, the place and what is missing', () => {
    const values = new Map([['a', { value: [1, 'x'], position }]]);
    expect(validateRoleVariables({ name: 'web', schema }, values)).to.deep.equal([
      { variable: 'b', position: undefined, message: 'role web: "b" is required' },
      { variable: 'a', position, message: 'role web: "a.1" must be integer, not "x"' },
    ]);
  });

  it('takes null for a variable that is not set', () => {
    const values = new Map([
      ['a', { value: null, position }],
      ['b', { value: 1, position }],
    ]);
    expect(validateRoleVariables({ name: 'web', schema }, values)).to.deep.equal([]);
  });
});

describe('findRoleFile', () => {
  const files = memoryFiles({ 'roles/web/files/a': '', 'files/a': '', 'files/b/c': '', d: '', '/abs/e': '' });
  const role = { name: 'web', path: '/site/roles/web' } as never;
  const find = (name: string, withRole = true): string | undefined =>
    findRoleFile({ role: withRole ? role : undefined }, '/site', 'files', name, files);

  it('looks into the role, beside the playbook, into the playbook’s folder', () => {
    expect([find('a'), find('b'), find('d'), find('/abs/e')]).to.deep.equal([
      '/site/roles/web/files/a',
      '/site/files/b',
      '/site/d',
      '/abs/e',
    ]);
    expect([find('a', false), find('x')]).to.deep.equal(['/site/files/a', undefined]);
  });
});
