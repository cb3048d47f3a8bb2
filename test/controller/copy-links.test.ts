import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { project, tasks, type Project } from './project.js';

const copySource = tasksOf('copy: { src: s/, dest: "<%= out %>/s" }');

function tasksOf(...lines: string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** A source `s` with these links. */
function withLinks(one: Project, links: Readonly<Record<string, string>>): Project {
  mkdirSync(join(one.dir, 's/d'), { recursive: true });
  writeFileSync(join(one.dir, 's/d/f'), 'f\n');
  writeFileSync(join(one.dir, 'outside'), 'o\n');
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(one.dir, 's', path));
  return one;
}

describe('copy of a folder with links', () => {
  it('copies what they lead to, and a second run and a dry run say so', async () => {
    const one = withLinks(tasks(copySource), { l: 'd', o: '../outside' });
    const dry = await one.play('--check');
    expect(dry.of('web1')).to.include({ changed: 1, failed: 0 });
    expect((await one.play()).of('web1')).to.include({ changed: 1, failed: 0 });
    expect(one.read('s/l/f')).to.equal('f\n');
    expect(one.read('s/o')).to.equal('o\n');
    for (const path of ['s/l', 's/o'])
      expect(lstatSync(join(one.dir, 'hosts/web1', path)).isSymbolicLink()).to.equal(false);
    expect((await one.play('--check')).of('web1')).to.include({ changed: 0, ok: 1 });
  });

  it('copies them as links with local_follow: false, which have to lead somewhere on the host', async () => {
    const keep = tasksOf('copy: { src: s/, dest: "<%= out %>/s", local_follow: false }');
    const one = withLinks(tasks(keep), { l: 'd', o: '/etc/hostname' });
    expect((await one.play('--check')).of('web1')).to.include({ changed: 1, failed: 0 });
    expect((await one.play()).of('web1')).to.include({ changed: 1, failed: 0 });
    expect(readlinkSync(join(one.dir, 'hosts/web1/s/l'))).to.equal('d');
    expect(readlinkSync(join(one.dir, 'hosts/web1/s/o'))).to.equal('/etc/hostname');
    expect((await one.play()).of('web1')).to.include({ changed: 0 });
    symlinkSync('../nothing/here', join(one.dir, 's/none'));
    const [error] = (await one.play()).errors();
    expect(error?.message).to.match(/the link .*s\/none -> ..\/nothing\/here would lead nowhere on the host/);
    const dry = await one.play('--check');
    expect(dry.of('web1')).to.include({ mayChange: 1, changed: 0 });
  });

  it('writes what a link at the place of a file leads to with follow, and replaces it without', async () => {
    for (const follow of [true, false]) {
      const one = withLinks(tasks(tasksOf(`copy: { src: s/, dest: "<%= out %>/s", follow: ${follow} }`)), {});
      const at = (path: string): string => join(one.dir, 'hosts/web1', path);
      mkdirSync(at('s/d'), { recursive: true });
      writeFileSync(at('real'), 'old\n');
      symlinkSync('../../real', at('s/d/f'));
      expect((await one.play('--check')).of('web1')).to.include({ changed: 1 });
      expect((await one.play()).of('web1')).to.include({ changed: 1, failed: 0 });
      expect(lstatSync(at('s/d/f')).isSymbolicLink()).to.equal(follow);
      expect(readFileSync(at('real'), 'utf8')).to.equal(follow ? 'f\n' : 'old\n');
      expect((await one.play()).of('web1')).to.include({ changed: 0 });
    }
  });

  for (const [what, links, said] of [
    ['nowhere', { broken: 'missing' }, 'broken -> missing: leads nowhere'],
    ['in a circle', { one: 'two', two: 'one' }, 'one -> two: leads in a circle'],
    ['to a folder above', { up: '..' }, 'up/s: a link on the way leads in a circle'],
  ] as const) {
    for (const [how, site] of [
      ['written out', copySource],
      ['a variable', tasksOf('copy: { src: "<%= source %>/", dest: "<%= out %>/s" }\n  vars: { source: s }')],
      [
        'an item',
        tasksOf('copy: { src: "<%= item %>/", dest: "<%= out %>/s" }\n  loop: [s]\n  when: item !== "x"'),
      ],
    ] as const) {
      it(`is refused before the first connection where one leads ${what}: the source is ${how}`, async () => {
        const one = withLinks(tasks(site), links);
        const { code, stderr, stdout } = await one.cli('run', '--log', 'log', 'site.yml');
        expect(stdout + stderr)
          .to.include(said)
          .and.to.include('site.yml:');
        expect(code).to.equal(5);
        expect(one.read('s/d/f')).to.equal(undefined);
      });
    }
  }

  it('is left to its turn where a condition says no, or is not known yet', async () => {
    const later = tasksOf(
      'copy: { src: "<%= source %>/", dest: "<%= out %>/s" }\n  vars: { source: s }\n  when: false',
      'command: echo s\n  register: said',
      'copy: { src: "<%= said.stdout %>/", dest: "<%= out %>/s" }\n  ignore_errors: true',
    );
    const one = withLinks(tasks(later), { broken: 'missing' });
    const played = await one.play();
    expect(played.errors().map(({ message }) => message)).to.deep.equal(['s cannot be copied']);
  });

  it('names a pipe, and a file that cannot be read', async function () {
    const one = withLinks(project({ 'site.yml': `- hosts: all\n  tasks:\n    ${copySource}\n` }), {});
    execFileSync('mkfifo', [join(one.dir, 's/pipe')]);
    const { code, stderr } = await one.cli('run', 'site.yml');
    expect([code, stderr]).to.satisfy(([, text]: [number, string]) =>
      text.includes('pipe is a socket, a pipe or a device'),
    );
    expect(code).to.equal(5);
  });
});
