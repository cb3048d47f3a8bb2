import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { resources } from '../../src/resources/index.js';
import { resource, type Resource } from '../../src/resources/resource.js';
import { cleanUp, project, type Project } from './project.js';

/**
 * A thing whose latest version is in a list (`listed`) that is fetched from elsewhere (`upstream`): what `apt` is to packages. Its queries
 * and steps are real; the hosts are this machine.
 */
const thing: Resource = resource<{ readonly path: string }>({
  name: 'stat',
  summary: 'A thing at its latest version.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: { path: { type: 'string', description: 'the folder' } },
  },
  queries: (params) => ['listed', 'have'].map((name) => read(params.path, name)),
  prepare: (params) => ({
    why: 'the list may be old: a run fetches it first',
    changes: [{ subject: 'list', field: 'age', before: 'unknown', after: 'fetched now' }],
    steps: [{ kind: 'run', argv: ['cp', join(params.path, 'upstream'), join(params.path, 'listed')] }],
  }),
  plan(params, answers) {
    const [listed, have] = ['listed', 'have'].map(
      (name) => answers.get<'command'>(read(params.path, name)).stdout,
    );
    return have === listed ? [] : [{ subject: 'thing', field: 'version', before: have, after: listed }];
  },
  apply: (params) => [{ kind: 'run', argv: ['cp', join(params.path, 'listed'), join(params.path, 'have')] }],
});

function read(folder: string, name: string): { kind: 'command'; argv: string[] } {
  return { kind: 'command', argv: ['cat', join(folder, name)] };
}

describe('what goes before a plan', () => {
  cleanUp();

  function site(have: string, listed: string, upstream: string): Project {
    const one = project({
      'site.yml': `
- hosts: all
  tasks:
    - { name: it, stat: { path: "<%= out %>" }, register: r, notify: restart }
    - { name: then, command: 'cat <%= out %>/listed', changed_when: false, check_mode: false }
  handlers:
    - { name: restart, shell: 'echo restarted >> "<%= out %>/restarted"' }
`,
    });
    set(one, { have, listed, upstream });
    return one;
  }

  function set(one: Project, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(one.dir, 'hosts/web1', name), text);
  }

  const all = { resources: new Map([...resources, ['stat', thing]]) };

  it('is done, and what it brings decides: alone it is no change and notifies nobody', async () => {
    const one = site('1', '0', '1');
    const { tasks, of } = await one.playWith(all);
    expect(tasks()).to.deep.equal(['ok it', 'ok then']);
    expect(of('web1')).to.include({ changed: 0, failed: 0 });
    expect(one.read('listed')).to.equal('1');
    expect(one.read('restarted')).to.equal(undefined);
  });

  it('is shown in front of the changes that it brought', async () => {
    const one = site('1', '1', '2');
    const { tasks, events, errors } = await one.playWith(all);
    expect(errors()).to.deep.equal([]);
    expect(tasks()).to.deep.equal(['changed it', 'ok then', 'changed restart']);
    const result = events.find((event) => event.type === 'task-result' && event.task.name === 'it');
    expect(result).to.have.nested.property('result.changes.length', 2);
    expect(result).to.have.nested.property('result.changes[0].subject', 'list');
    expect(result).to.deep.nested.include({ 'result.changes[1].after': '2' });
    expect(one.read('have')).to.equal('2');
    expect(one.read('restarted')).to.equal('restarted\n');
  });

  it('is left out of a dry run, which says that it cannot know, or what it knows', async () => {
    const unknown = site('1', '1', '2');
    const { events, of } = await unknown.playWith(all, '--check');
    expect(of('web1')).to.include({ changed: 0, mayChange: 2 });
    expect(
      events.find((event) => event.type === 'task-result' && event.task.name === 'it'),
    ).to.deep.nested.include({
      'result.status': 'may-change',
      'result.reason': 'the list may be old: a run fetches it first; with what is there nothing differs',
    });
    expect(unknown.read('listed')).to.equal('1');
    const known = site('0', '1', '2');
    const second = await known.playWith(all, '--check');
    expect(second.tasks()).to.deep.equal(['changed it', 'ok then', 'changed restart']);
    expect(known.read('listed')).to.equal('1');
  });

  it('fails the task where it fails, and nothing is changed', async () => {
    const one = site('1', '1', '2');
    writeFileSync(
      join(one.dir, 'site.yml'),
      readFileSync(join(one.dir, 'site.yml'), 'utf8').replace(
        'path: "<%= out %>"',
        'path: "<%= out %>/gone"',
      ),
    );
    const { tasks, errors } = await one.playWith(all);
    expect(tasks()).to.deep.equal(['failed it']);
    expect(errors()[0]!.message).to.contain('cp ').and.to.contain('failed: exit code 1');
    expect(one.read('restarted')).to.equal(undefined);
  });
});
