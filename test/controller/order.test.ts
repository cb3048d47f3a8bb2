import { expect } from 'chai';
import { cleanUp, project } from './project.js';

const log = (word: string): string => `- { name: ${word}, shell: 'echo ${word} >> "<%= out %>/log"' }\n`;

describe('the order of a play', () => {
  cleanUp();

  it('runs pre_tasks, roles, tasks and post_tasks in order, dependencies first and once', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  post_tasks: [{ name: post, shell: 'echo post >> "<%= out %>/log"' }]
  tasks: [{ name: task, shell: 'echo task >> "<%= out %>/log"' }]
  roles: [web, api]
  pre_tasks: [{ name: pre, shell: 'echo pre >> "<%= out %>/log"' }]
`,
      'roles/web/meta/main.yml': 'dependencies: [base, tls]',
      'roles/web/tasks/main.yml': log('web'),
      'roles/api/meta/main.yml': 'dependencies: [base]',
      'roles/api/tasks/main.yml': log('api'),
      'roles/tls/meta/main.yml': 'dependencies: [base]',
      'roles/tls/tasks/main.yml': log('tls'),
      'roles/base/tasks/main.yml': log('base'),
    });
    await site.play();
    expect(site.lines('log')).to.deep.equal(['pre', 'base', 'tls', 'web', 'api', 'task', 'post']);
  });

  it('runs a role again that is given other parameters', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  roles:
    - { role: app, vars: { port: 1 } }
    - { role: app, vars: { port: 2 } }
    - { role: app, vars: { port: 1 } }
`,
      'roles/app/tasks/main.yml': `- { name: app, shell: 'echo <%= port %> >> "<%= out %>/log"' }`,
    });
    await site.play();
    expect(site.lines('log')).to.deep.equal(['1', '2']);
  });

  it('runs plays in order, a host that failed takes no part in the later ones', async () => {
    const site = project(
      {
        'site.yml': `
- hosts: all
  tasks:
    - { name: one, shell: 'echo one >> "<%= out %>/log"' }
    - { name: fails, command: 'false', when: inventory_hostname == 'b' }
    - { name: two, shell: 'echo two >> "<%= out %>/log"' }
- hosts: all
  tasks:
    - { name: three, shell: 'echo three >> "<%= out %>/log"' }
`,
      },
      ['a', 'b', 'c'],
    );
    const { of } = await site.play();
    expect(site.lines('log', 'a')).to.deep.equal(['one', 'two', 'three']);
    expect(site.lines('log', 'b')).to.deep.equal(['one']);
    expect(site.lines('log', 'c')).to.deep.equal(['one', 'two', 'three']);
    expect(of('b').failed).to.equal(1);
    expect(of('a').failed).to.equal(0);
  });

  it('takes a file of tasks in where import_tasks stands', async () => {
    const site = project({
      'site.yml': `
- hosts: all
  tasks:
    - { name: before, shell: 'echo before >> "<%= out %>/log"' }
    - import_tasks: more.yml
      vars: { word: inside }
      when: inventory_hostname != 'other'
    - { name: after, shell: 'echo after >> "<%= out %>/log"' }
`,
      'more.yml': `- { name: more, shell: 'echo <%= word %> >> "<%= out %>/log"' }`,
    });
    await site.play();
    expect(site.lines('log')).to.deep.equal(['before', 'inside', 'after']);
  });
});
