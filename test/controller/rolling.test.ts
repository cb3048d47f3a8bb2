import { expect } from 'chai';
import { project, cleanUp, type Played, type Project } from './project.js';

const hosts = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];

/** Every host logs into one file; those named in `bad` fail. */
function rolling(play: string, more = ''): Project {
  const site = project(
    {
      'site.yml': `
- hosts: all
  ${play}
  tasks:
    - { name: one, shell: 'echo <%= inventory_hostname %> >> "<%= inventory_dir %>/log"' }
    - { name: batch, debug: { msg: "<%= ansible_play_batch.join() %>" } }
    - { name: fails, command: 'false', when: vars.bad?.includes(inventory_hostname) }
    - { name: two, copy: { dest: "<%= out %>/done", content: x } }
${more}
`,
    },
    hosts,
  );
  return site;
}

const done = (site: Project): string[] => hosts.filter((host) => site.read('done', host) !== undefined);
const batches = ({ messages }: Played): string[] => [...new Set(messages())];
const bad = (...names: string[]): string[] => ['-e', JSON.stringify({ bad: names })];
const warnings = ({ events }: Played): string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

describe('a rolling play', () => {
  cleanUp();

  it('takes so many hosts at a time, in the order of the inventory', async () => {
    const shapes: [string, string[]][] = [
      ['serial: 1', hosts],
      ['serial: 2', ['h1,h2', 'h3,h4', 'h5,h6']],
      ['serial: 4', ['h1,h2,h3,h4', 'h5,h6']],
      ['serial: "34%"', ['h1,h2', 'h3,h4', 'h5,h6']],
      ['serial: [1, 2, "50%"]', ['h1', 'h2,h3', 'h4,h5,h6']],
      ['gather_facts: false', ['h1,h2,h3,h4,h5,h6']],
    ];
    for (const [play, expected] of shapes)
      expect(batches(await rolling(play).play('--no-verify')), play).to.deep.equal(expected);
  });

  it('does not begin a host before the batch before it is done', async () => {
    const site = rolling('serial: 1');
    const { tasks } = await site.play();
    expect(tasks()).to.deep.equal(
      hosts.flatMap(() => ['changed one', 'ok batch', 'skipped fails', 'changed two']),
    );
  });

  it('goes on while a part of a batch is well, and stops when all of it failed', async () => {
    const site = rolling('serial: 2');
    const played = await site.play(...bad('h1', 'h3', 'h4'));
    expect(done(site)).to.deep.equal(['h2']);
    expect(warnings(played)).to.deep.equal(['the play "all" stops here; not touched: h5, h6']);
    expect(played.of('h5')).to.include({ ok: 0, failed: 0 });
  });

  it('with any_errors_fatal ends after the batch in which a host failed', async () => {
    const site = rolling('serial: 2\n  any_errors_fatal: true');
    await site.play(...bad('h3'));
    expect(done(site).slice(0, 2)).to.deep.equal(['h1', 'h2']);
    expect(done(site)).to.not.include('h5');
  });

  it('with any_errors_fatal the other hosts end at their next task, and no later play begins', async () => {
    const site = project(
      {
        'site.yml': `
- hosts: all
  any_errors_fatal: true
  tasks:
    - { name: fails, shell: 'touch "<%= inventory_dir %>/failed"; exit 1', when: inventory_hostname == 'h1' }
    - { name: waits, shell: 'while [ ! -e "<%= inventory_dir %>/failed" ]; do sleep 0.02; done; sleep 0.3' }
    - { name: never, copy: { dest: "<%= out %>/done", content: x } }
- hosts: all
  tasks: [{ name: next play, copy: { dest: "<%= out %>/done", content: x } }]
`,
      },
      ['h1', 'h2'],
    );
    const played = await site.play();
    expect(site.read('done', 'h2')).to.equal(undefined);
    expect(played.tasks('h2')).to.deep.equal(['skipped fails', 'changed waits']);
    expect(played.of('h2').failed).to.equal(0);
  });

  it('with max_fail_percentage ends when more of a batch failed', async () => {
    const play = 'serial: 4\n  max_fail_percentage: 50';
    const some = rolling(play);
    await some.play(...bad('h1', 'h2'));
    expect(done(some)).to.deep.equal(['h3', 'h4', 'h5', 'h6']);
    const many = rolling(play);
    const played = await many.play(...bad('h1', 'h2', 'h3'));
    expect(done(many)).to.not.include('h5');
    expect(warnings(played)[0]).to.match(/not touched: h5, h6/);
  });

  it('holds its checks against each batch that changed before the next one begins', async () => {
    const site = rolling(
      'serial: 2',
      `  verify:
    - { name: well, file: { path: "<%= out %>/<%= inventory_hostname == 'h3' ? 'nothing' : 'done' %>" }, timeout: 0.1 }`,
    );
    const played = await site.play();
    expect(done(site)).to.deep.equal(['h1', 'h2', 'h3', 'h4']);
    expect(warnings(played)[0]).to.match(/not touched: h5, h6/);
    expect(played.of('h3').checksFailed).to.be.greaterThan(0);
  });

  it('runs the handlers of a batch before the next one begins', async () => {
    const site = project(
      {
        'site.yml': `
- hosts: all
  serial: 1
  tasks:
    - { name: <%= inventory_hostname %>, shell: 'echo task <%= inventory_hostname %> >> "<%= inventory_dir %>/log"', notify: h }
  handlers:
    - { name: h, shell: 'echo handler <%= inventory_hostname %> >> "<%= inventory_dir %>/log"' }
`.replace('name: <%= inventory_hostname %>, ', ''),
        'hosts/none': '',
      },
      ['h1', 'h2'],
    );
    await site.play();
    expect(site.lines('../../log')).to.deep.equal(['task h1', 'handler h1', 'task h2', 'handler h2']);
  });

  it('works on no more hosts at a time than --forks', async () => {
    const site = project(
      {
        'site.yml': `
- hosts: all
  tasks:
    - shell: 'mkdir "<%= inventory_dir %>/one" && sleep 0.05 && rmdir "<%= inventory_dir %>/one"'
`,
      },
      hosts,
    );
    expect((await site.play('-f', '1')).recap.hosts.map(({ failed }) => failed)).to.deep.equal([
      0, 0, 0, 0, 0, 0,
    ]);
  });
});
