import { existsSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cleanUp, project, type Played, type Project } from './project.js';

/** A service in miniature: `reload` takes over what the files say, `answers` finds out whether it can work with it. */
const site = (more = ''): Project =>
  project({
    'site.yml': `
- hosts: all
  vars: { file: "<%= out %>/config" }
  tasks:
    - { name: config, copy: { dest: "<%= file %>", content: "<%= value %>", mode: '0640' }, notify: changed }
    - { name: extra, copy: { dest: "<%= out %>/extra", content: "<%= value %>" }, notify: changed }
    - { name: other, copy: { dest: "<%= out %>/other", content: "<%= value %>" } }
${more}
  handlers:
    - { name: reload, shell: 'cat "<%= file %>" > "<%= out %>/running"; echo reload >> "<%= out %>/log"', listen: changed }
    - { name: answers, shell: 'echo answers >> "<%= out %>/log"; grep -q good "<%= out %>/running"', listen: changed, rollback: true }
`,
  });

describe('a handler that rolls back', () => {
  cleanUp();

  it('puts the files back that were written for it, and runs again with them', async () => {
    const one = site();
    await play(one, 'good 1');
    const mode = one.mode('config');
    one.write({ 'hosts/web1/log': '' });
    const failed = await play(one, 'bad');
    expect(failed.of('web1').failed).to.equal(1);
    expect(one.read('config')).to.equal('good 1');
    expect(one.read('extra')).to.equal('good 1');
    expect(one.mode('config')).to.equal(mode);
    // What nobody notified it of stays.
    expect(one.read('other')).to.equal('bad');
    expect(one.read('running')).to.equal('good 1');
    expect(one.lines('log')).to.deep.equal(['reload', 'answers', 'reload', 'answers']);
    expect(warnings(failed)).to.match(/answers: it failed, so .*config, .*extra are put back as before/);
  });

  it('leaves nothing due, and the next run applies the change again', async () => {
    const one = site();
    await play(one, 'good 1');
    await play(one, 'bad');
    expect((await play(one, 'good 1')).tasks()).to.deep.equal(['ok config', 'ok extra', 'changed other']);
    expect((await play(one, 'bad')).of('web1').failed).to.equal(1);
    expect((await play(one, 'good 2')).of('web1').failed).to.equal(0);
    expect(one.read('running')).to.equal('good 2');
  });

  it('takes away what was not there before, and gives a link back', async () => {
    const one = site();
    const folder = join(one.dir, 'hosts/web1');
    mkdirSync(folder, { recursive: true });
    one.write({ 'hosts/web1/target': 'good' });
    symlinkSync('target', join(folder, 'config'));
    await play(one, 'bad');
    expect(readlinkSync(join(folder, 'config'))).to.equal('target');
    expect(one.read('target')).to.equal('good');
    expect(existsSync(join(folder, 'extra'))).to.equal(false);
    expect(one.read('running')).to.equal('good');
  });

  it('knows the files of before a run that broke off', async () => {
    const one = site(`    - { name: fails, command: 'false', when: vars.broken }`);
    await play(one, 'good 1');
    await play(one, 'bad 1', '-e', '{"broken": true}');
    expect(one.read('running')).to.equal('good 1');
    const second = await play(one, 'bad 2');
    expect(second.of('web1').failed).to.equal(1);
    expect(one.read('config')).to.equal('good 1');
    expect(one.read('running')).to.equal('good 1');
  });

  it('says so when the files of before do not help', async () => {
    const one = site();
    one.write({ 'hosts/web1/config': 'bad 1' });
    const failed = await play(one, 'bad 2');
    expect(one.read('config')).to.equal('bad 1');
    expect(warnings(failed)).to.include('it fails with the files of before, too');
    // Still due: a run that mends it runs them.
    one.write({ 'hosts/web1/log': '' });
    await play(one, 'good');
    expect(one.lines('log')).to.deep.equal(['reload', 'answers']);
  });
});

function play(one: Project, value: string, ...more: string[]): Promise<Played> {
  return one.play('-e', `${JSON.stringify({ value })}`, ...more);
}

function warnings({ events }: Played): string {
  return events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])).join('\n');
}
