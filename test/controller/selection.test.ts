import { expect } from 'chai';
import { cleanUp, project } from './project.js';

const tagged = (): ReturnType<typeof project> =>
  project(
    {
      'site.yml': `
- hosts: all
  roles: [{ role: r, tags: role }]
  tasks:
    - { name: a, command: 'true', tags: [one, both] }
    - { name: b, command: 'true', tags: [two, both] }
    - { name: c, command: 'true' }
    - { name: d, command: 'true', tags: always }
    - { name: e, command: 'true', tags: [never, rare] }
    - { name: f, command: 'true', tags: one, notify: h }
  handlers: [{ name: h, command: 'true' }]
`,
      'roles/r/tasks/main.yml': `- { name: r1, command: 'true' }\n- { name: r2, command: 'true', tags: one }\n`,
    },
    ['a1', 'a2', 'b1'],
  );

const names = (said: readonly string[]): string => said.map((line) => line.split(' ')[1]).join(' ');

describe('what is selected', () => {
  cleanUp();

  it('by tags: those and always, handlers of what changed, never only when asked for', async () => {
    const site = tagged();
    const of = async (...args: string[]): Promise<string> =>
      names((await site.play('-l', 'a1', ...args)).tasks());
    expect(await of()).to.equal('r1 r2 a b c d f h');
    expect(await of('-t', 'one')).to.equal('r2 a d f h');
    expect(await of('-t', 'two,rare')).to.equal('b d e');
    expect(await of('-t', 'role')).to.equal('r1 r2 d');
    expect(await of('--skip-tags', 'both')).to.equal('r1 r2 c d f h');
    expect(await of('-t', 'both', '--skip-tags', 'two,always')).to.equal('a');
    expect(await of('-t', 'untagged')).to.equal('c d');
  });

  it('by --limit: names, globs, groups and exclusions', async () => {
    const site = tagged();
    const of = async (limit: string): Promise<string[]> =>
      (await site.play('-t', 'two', '--limit', limit)).recap.hosts.map(({ host }) => host);
    expect(await of('a*')).to.deep.equal(['a1', 'a2']);
    expect(await of('all:!a2')).to.deep.equal(['a1', 'b1']);
    expect(await of('b1,a2')).to.deep.equal(['a2', 'b1']);
  });

  it('an unknown host in --limit is an error with the nearest name', async () => {
    const { stderr, code } = await tagged().cli('site.yml', '--limit', 'a11');
    expect(code).to.equal(5);
    expect(stderr).to.match(/a11.*did you mean "a1"/);
  });
});
