import { expect } from 'chai';
import { cleanUp, project } from './project.js';

/** What a host could say to be compiled by its controller. None of it ever is. */
const EVIL = '<%= process.exit(9) %><% throw new Error("compiled") %>{{ 7 * 7 }}';

describe('what a host says is data', () => {
  cleanUp();

  it('through register, set_fact, hostvars, loops, names, templates and facts', async () => {
    const site = project(
      {
        'site.yml': `
- hosts: all
  tasks:
    - { shell: 'ls -1 "<%= out %>/evil"', changed_when: false, check_mode: false, register: listed }
    - { shell: 'cat "<%= out %>/evil.txt"', register: said }
    - { set_fact: { kept: "<%= said.stdout %>", nested: { list: ["<%= said.stdout %>"] } } }
    - { name: "<%= said.stdout %>", copy: { dest: "<%= out %>/by-register", content: "<%= said.stdout %>" } }
    - { copy: { dest: "<%= out %>/by-fact", content: "<%= kept %>" } }
    - { copy: { dest: "<%= out %>/by-nested", content: "<%= nested.list[0] %>" } }
    - { copy: { dest: "<%= out %>/by-hostvars", content: "<%= hostvars.web1.said?.stdout ?? 'not yet' %>" } }
    - { copy: { dest: "<%= out %>/by-loop", content: "<%= item %>" }, loop: "<%= said.stdout_lines %>" }
    - { copy: { dest: "<%= out %>/by-variable", content: "<%= twice %>" } }
    - { copy: { dest: "<%= out %>/by-vars", content: "<%= inner %>" }, vars: { inner: "<%= kept %>" } }
    - { template: { src: evil.ejs, dest: "<%= out %>/by-template" } }
    - { copy: { dest: "<%= out %>/by-name", content: "<%= listed.stdout %>" } }
    - { copy: { dest: "<%= out %>/by-lookup", content: "<%= lookup('env', 'EVIL') ?? 'none' %><%= lookup('file', 'evil.txt') %>" } }
    - { shell: 'printf %s <%= quote(kept) %>', register: echoed }
    - { debug: { msg: "<%= echoed.stdout %>" }, when: echoed.stdout == kept }
`,
        'group_vars/all.yml': 'twice: "<%= kept %>"\n',
        'templates/evil.ejs':
          '<%= said.stdout %>|<%= twice %>|<% for (const one of nested.list) { %><%= one %><% } %>',
        'evil.txt': EVIL,
      },
      ['web1'],
    );
    site.write({ 'hosts/web1/evil.txt': EVIL, [`hosts/web1/evil/${EVIL}`]: '' });
    const { of, messages, tasks } = await site.play();
    expect(of('web1').failed).to.equal(0);
    for (const name of ['register', 'fact', 'nested', 'hostvars', 'loop', 'variable', 'vars', 'name'])
      expect(site.read(`by-${name}`), name).to.equal(EVIL);
    expect(site.read('by-template')).to.equal([EVIL, EVIL, EVIL].join('|'));
    expect(site.read('by-lookup')).to.equal(`none${EVIL}`);
    expect(messages()).to.deep.equal([EVIL]);
    expect(tasks()).to.include(`changed ${EVIL}`);
  });

  it('and what stands on the command line, too', async () => {
    const site = project({ 'site.yml': `- { hosts: all, tasks: [{ debug: { msg: "<%= given %>" } }] }` });
    const given = JSON.stringify({ given: { __ansible_unsafe: EVIL } });
    expect((await site.play('-e', given)).messages()).to.deep.equal([EVIL]);
    const code = EVIL.replaceAll('{{', '{').replaceAll('}}', '}');
    expect((await site.play('-e', JSON.stringify({ given: code }))).messages()).to.deep.equal([code]);
    expect((await site.play('-e', `given='${code}'`)).messages()).to.deep.equal([code]);
  });

  it('cannot drive the terminal: control characters are shown', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  tasks:
    - { shell: "printf '\\\\033]0;owned\\\\007\\\\r'", register: r }
    - { debug: { msg: "<%= r.stdout %>" } }
    - { name: fails, shell: "printf '\\\\033[2Jgone' >&2; exit 1" }
`,
    });
    const { stdout } = await site.cli('-vvv', 'site.yml');
    expect(stdout).to.not.match(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(stdout).to.include('\\x1b[2Jgone');
    expect(stdout).to.include('\\x1b]0;owned\\x07');
  });
});

describe('hostvars', () => {
  cleanUp();

  it('give the variables, results and facts of another host, also of one that is not in the play', async () => {
    const site = project(
      {
        'site.yml': `
- hosts: a
  tasks:
    - { set_fact: { made: of a } }
- hosts: b
  tasks:
    - { debug: { msg: "<%= hostvars.a.made %>, <%= hostvars.c.color %>, <%= hostvars['c'].ansible_facts.kernel === ansible_kernel %>" } }
    - { debug: { msg: "<%= groups.all.map((h) => hostvars[h].inventory_hostname).join() %> <%= hostvars.nobody ?? 'unknown' %>" } }
    - { debug: { msg: "<%= 'color' in hostvars.c %> <%= 'color' in hostvars.a %>" } }
`,
        'host_vars/c.yml': 'color: "<%= shade %> green"\nshade: dark\n',
      },
      ['a', 'b', 'c'],
    );
    const { messages } = await site.play();
    expect(messages()).to.deep.equal(['of a, dark green, true', 'a,b,c unknown', 'true false']);
  });

  it('say which variable of which host is missing', async () => {
    const site = project(
      {
        'site.yml': `- { hosts: a, tasks: [{ debug: { msg: "<%= hostvars.b.nothing %>" } }, { debug: { msg: "<%= hostvars.b.nothing.more %>" } }] }`,
      },
      ['a', 'b'],
    );
    const { errors } = await site.play();
    expect(errors()).to.have.length(1);
    expect(errors()[0]!.message).to.match(/nothing/);
  });
});
