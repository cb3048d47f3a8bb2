import { expect } from 'chai';
import { cleanUp, project, type Played, type Project } from './project.js';

/** Hosts share a folder: each says there that it has begun, and may wait until another one has. */
const says = (word: string): string =>
  `- { name: ${word}, shell: 'echo <%= inventory_hostname %> ${word} >> "<%= inventory_dir %>/log"' }`;
const waitsFor = (word: string): string =>
  `- { name: wait, shell: 'for i in $(seq 100); do grep -qs ${word} "<%= inventory_dir %>/log" && exit 0; sleep 0.05; done; exit 1' }`;
const play = (name: string, hosts: string, more: string, ...tasks: string[]): string =>
  `- name: ${name}\n  hosts: ${hosts}\n  ${more}\n  tasks:\n${tasks.map((task) => `    ${task}\n`).join('')}`;

const hosts = ['db', 'app', 'web'];
const logOf = (site: Project): string[] => site.lines('../../log');
const warnings = ({ events }: Played): string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

describe('a play that says what it needs', () => {
  cleanUp();

  it('does not wait for plays on other hosts', async () => {
    const site = project(
      {
        'site.yml': [
          // Each of the two goes on only when the other one has begun.
          play('first', 'db', 'vars: {}', says('first'), waitsFor('second')),
          play('second', 'web', 'needs: []', says('second'), waitsFor('first')),
        ].join(''),
      },
      hosts,
    );
    const { recap } = await site.play('--no-verify');
    expect(recap.hosts.map(({ failed }) => failed)).to.deep.equal([0, 0]);
  });

  it('waits for those that it names and for those on its own hosts', async () => {
    const slow = '- { name: slow, command: sleep 0.3 }';
    const site = project(
      {
        'site.yml': [
          play('database', 'db', 'vars: {}', slow, says('database')),
          play('static', 'web', 'needs: []', slow, slow, says('static')),
          play('application', 'app', 'needs: database', says('application')),
          play('more', 'web', 'needs: []', says('more')),
          play('rest', 'db', 'vars: {}', says('rest')),
        ].join(''),
      },
      hosts,
    );
    await site.play('--no-verify');
    expect(logOf(site)).to.deep.equal([
      'db database',
      'app application',
      'web static',
      'web more',
      'db rest',
    ]);
  });

  it('ends with all others when one is fatal', async () => {
    const site = project(
      {
        'site.yml': [
          play(
            'first',
            'db',
            'any_errors_fatal: true',
            waitsFor('second'),
            '- { name: fails, command: "false" }',
          ),
          play(
            'second',
            'web',
            'needs: []',
            says('second'),
            '- { name: slow, command: sleep 1 }',
            says('never'),
          ),
          play('third', 'app', 'needs: [second]', says('never')),
        ].join(''),
      },
      hosts,
    );
    const played = await site.play('--no-verify');
    expect(logOf(site)).to.deep.equal(['web second']);
    expect(warnings(played)).to.deep.equal([
      'the play "first" stops here; not finished: web; not touched: app',
    ]);
  });
});
