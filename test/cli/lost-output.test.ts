import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { cleanUp, project, type Project } from '../controller/project.js';

const FULL = '/dev/full';
const tsx = import.meta.resolve('tsx');
const main = fileURLToPath(new URL('../controller/main.ts', import.meta.url));

/** It says much before it is at its end. */
const site = (): Project =>
  project({
    'site.yml': `
- hosts: all
  tasks:
    - { name: says much, debug: { msg: "<%= 'x'.repeat(2000) %>" }, loop: "<%= Array.from({ length: 60 }, (_, i) => i) %>" }
    - { name: is done, shell: 'sleep 0.3; echo done > "<%= out %>/done"' }
    - { name: last, copy: { dest: "<%= out %>/last", content: x } }
    - { name: bad, command: 'false', when: vars.fail }
`,
  });

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** A command whose standard output is read to its first piece, or goes into a file. */
async function ran(
  one: Project,
  args: readonly string[],
  stdout: 'closed' | number = 'closed',
): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', tsx, main, ...args], {
    cwd: one.dir,
    stdio: ['ignore', stdout === 'closed' ? 'pipe' : stdout, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  child.stdout?.once('data', () => child.stdout?.destroy());
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, stderr };
}

describe('output that nobody reads any more', function () {
  // Processes of their own, on a machine that may be busy.
  this.timeout(60_000);
  cleanUp();
  const given = ['-i', 'inventory.yml', 'site.yml'];

  for (const more of [[], ['--format', 'json']]) {
    it(`ends no run, and no run ends with 0: ${more.join(' ') || 'as it is'}`, async () => {
      const one = site();
      const { code, signal, stderr } = await ran(one, [...given, ...more]);
      expect([code, signal]).to.deep.equal([74, null]);
      expect(stderr).to.match(/^warning: standard output was closed [^\n]*the command goes on[^\n]*\n$/);
      expect([one.read('done'), one.read('last')]).to.deep.equal(['done\n', 'x']);
      // What was said is in the journal.
      expect((await one.cli('runs')).stdout).to.match(/ run +site\.yml +1 +1 +0 +0 /);
    });
  }

  it('hides no failure, also when standard error is closed as well', async () => {
    const one = site();
    const child = one.spawn('site.yml', '-e', '{"fail": true}');
    child.stdout?.once('data', () => child.stdout?.destroy());
    child.stderr?.destroy();
    expect((await once(child, 'close'))[0]).to.equal(1);
    expect(one.read('last')).to.equal('x');
  });

  it('is the same where the disk is full', async () => {
    const one = site();
    const full = openSync(FULL, 'w');
    try {
      const { code, stderr } = await ran(one, given, full);
      expect(code).to.equal(74);
      expect(stderr).to.match(/^warning: standard output cannot be written: the disk is full: /);
      expect(one.read('last')).to.equal('x');
      const listed = await ran(one, ['inventory', '-i', 'inventory.yml', '--list'], full);
      expect(listed.code).to.equal(74);
    } finally {
      closeSync(full);
    }
  });

  it('of --log is said, and the run goes on; --junit and a saved plan are whole or an error', async () => {
    const one = site();
    const log = await one.cli('site.yml', '--log', FULL);
    expect(log.stderr).to.match(/^warning: --log \/dev\/full cannot be written: the disk is full[^\n]*\n$/);
    expect(one.read('last')).to.equal('x');
    const junit = await one.cli('site.yml', '--junit', FULL);
    expect(junit.stderr).to.match(/^warning: --junit \/dev\/full cannot be written: the disk is full/);
    expect((await one.cli('plan', '-o', FULL, 'site.yml')).code).to.equal(5);
  });

  it('a terminal that goes away stops a run as Ctrl-C does', async () => {
    const one = project({
      'site.yml': `
- hosts: all
  tasks:
    - { name: first, shell: 'touch "<%= out %>/begun"; sleep 0.5; touch "<%= out %>/ended"' }
    - { name: second, copy: { dest: "<%= out %>/second", content: x } }
`,
    });
    const child = one.spawn('site.yml');
    while (one.read('begun') === undefined) await setTimeout(20);
    child.kill('SIGHUP');
    // The shell and the kernel both say so.
    child.kill('SIGHUP');
    expect(await once(child, 'close')).to.deep.equal([130, null]);
    expect([one.read('ended'), one.read('second')]).to.deep.equal(['', undefined]);
  });
});
