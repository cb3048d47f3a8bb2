import { Ajv } from 'ajv';
import { expect } from 'chai';
import { eventSchema } from '../../src/reporters/event-schema.js';
import { cleanUp, project, type Project } from '../controller/project.js';

const isEvent = new Ajv({ allErrors: true, strict: false }).compile(eventSchema);

/** One play in which nearly everything happens that a run can tell of. */
const site = (): Project =>
  project(
    {
      'site.yml': `
- hosts: all
  tasks:
    - { name: changes, copy: { dest: "<%= out %>/f", content: "a<%= vars.more ?? '' %>\\n" }, notify: tell }
    - { name: says, debug: { msg: hello } }
    - { name: skipped, debug: { msg: x }, when: false }
    - { name: looped, command: "echo <%= item %>", loop: [a, b] }
    - { name: retried, command: 'false', retries: 1, delay: 0, ignore_errors: true }
    - { name: rescued, block: [{ name: in block, command: 'false' }], rescue: [{ debug: { msg: r } }] }
    - { name: fails, shell: 'echo why >&2; false', when: inventory_hostname == 'web2' }
  handlers: [{ name: tell, command: 'true' }]
  verify:
    - { name: holds, command: 'true' }
    - { name: does not, command: 'false', timeout: 0.1 }
`,
      'inventory-gone.yml': `
all: { hosts: { gone: { ansible_host: 127.0.0.1, ansible_port: 1, ansible_user: x, ansible_connection: ssh, out: /nowhere } } }
`,
    },
    ['web1', 'web2'],
  );

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('--format json', () => {
  cleanUp();

  it('prints an event a line on stdout, each as the schema says, and nothing else', async () => {
    const one = site();
    const seen = new Set<unknown>();
    for (const args of [
      ['-i', 'inventory.yml', '-i', 'inventory-gone.yml', '-f', '9', '--format', 'json', 'site.yml'],
      ['--check', '-D', '--format', 'json', 'site.yml'],
      ['drift', '--format', 'json', 'site.yml', '-e', 'more=b'],
      ['-e', '{"inventory_dir2": 1}', '--format', 'json', '-l', 'web1', 'site.yml'],
    ]) {
      const { stdout, stderr } = await one.cli(...args);
      expect(stderr).to.equal('');
      for (const line of linesOf(stdout)) {
        seen.add(line['type']);
        expect(isEvent(line), JSON.stringify([line, isEvent.errors?.slice(0, 3)])).to.equal(true);
      }
    }
    // What is in the schema and did not come has tests of its own: `interrupted`, and `sending` of large files.
    const types = (eventSchema['oneOf'] as { properties: { type: { const: string } } }[]).map(
      ({ properties }) => properties.type.const,
    );
    expect(types.filter((type) => !seen.has(type)).sort()).to.deep.equal(['interrupted', 'sending']);
  });

  it('refuses what the schema does not know', () => {
    const event = { version: 1, time: '2026-01-01T00:00:00.000Z', type: 'play-start', play: 'x', hosts: [] };
    expect(isEvent(event)).to.equal(true);
    expect(isEvent({ ...event, more: 1 })).to.equal(false);
    expect(isEvent({ ...event, version: 2 })).to.equal(false);
    expect(isEvent({ ...event, type: 'unknown' })).to.equal(false);
  });

  it('has the error of a task with its place, what was said last, and what to try', async () => {
    const one = site();
    const { stdout, code } = await one.cli('--format', 'json', '--no-verify', 'site.yml');
    expect(code).to.equal(1);
    const failed = linesOf(stdout).find(
      (line) => line['type'] === 'task-failed' && line['fate'] === 'failed',
    );
    expect(failed?.['error']).to.deep.include({ kind: 'TaskError', host: 'web2', detail: ['why'] });
    expect((failed?.['error'] as Record<string, unknown>)['position']).to.match(/^site\.yml:10:\d+$/);
  });

  it('keeps stdout to itself where something else is wrong', async () => {
    const one = site();
    const { stdout, stderr, code } = await one.cli('--format', 'json', 'none.yml');
    expect([stdout, code]).to.deep.equal(['', 5]);
    expect(stderr).to.match(/^error: /);
  });
});
