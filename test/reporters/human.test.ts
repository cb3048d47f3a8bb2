import { expect } from 'chai';
import { run } from '../../src/cli.js';
import { TaskError, UnreachableError } from '../../src/errors.js';
import { errorLines } from '../../src/reporters/error-lines.js';
import { createHumanReporter } from '../../src/reporters/human.js';
import { createPalette } from '../../src/reporters/palette.js';
import { recapTable } from '../../src/reporters/recap.js';
import { createTerminal } from '../../src/reporters/terminal.js';
import { cleanUp, ioOf, tasks, type Project } from '../controller/project.js';

const plain = createPalette(false, {});
const COLOUR = /\u001b\[\d+m/;

const site = (): Project =>
  tasks(`
- { name: changes, copy: { dest: "<%= out %>/f", content: x } }
- { name: slow, command: sleep 0.8, when: vars.slow }
- { name: fails, command: 'false', ignore_errors: true }
`);

async function printed(
  one: Project,
  given: { tty: boolean; slow?: true; env?: Record<string, string> },
): Promise<string> {
  const { io, said } = ioOf(one.dir, given.env ? { env: given.env } : {});
  Object.assign(io.stdout, { isTTY: given.tty });
  const slow = given.slow ? ['-e', '{"slow": true}'] : [];
  await run(['-i', 'inventory.yml', ...slow, 'site.yml'], io);
  expect(said().code).to.equal(0);
  return said().stdout;
}

describe('the reporter for people', () => {
  cleanUp();

  it('prints plain text where there is no terminal', async () => {
    const text = await printed(site(), { tty: false });
    expect(text).to.not.include('\u001b');
    expect(text).to.match(/^ {2}changed {3}web1 {2}changes$/m);
  });

  it('prints colours and a live line on a terminal, and takes the live line away', async () => {
    const text = await printed(site(), { tty: true, slow: true });
    expect(text).to.match(COLOUR);
    expect(text).to.match(/web1 {2}slow {2}\d s/);
    // What was drawn is erased before anything else is printed.
    const drawn = text.search(/web1 {2}slow {2}\d s/);
    expect(text.slice(drawn)).to.match(/\u001b\[(?:2K|\d*A|0?J|G|1G)/);
  });

  it('prints no colours with NO_COLOR or a dumb terminal, and some with FORCE_COLOR', async () => {
    expect(await printed(site(), { tty: true, env: { NO_COLOR: '1' } })).to.not.match(COLOUR);
    expect(await printed(site(), { tty: true, env: { TERM: 'dumb' } })).to.not.match(COLOUR);
    expect(await printed(site(), { tty: false, env: { FORCE_COLOR: '1' } })).to.match(COLOUR);
    expect(await printed(site(), { tty: true, env: { FORCE_COLOR: '0' } })).to.not.match(COLOUR);
  });

  it('says an error with its place, detail and hint', () => {
    const error = new TaskError('it failed', {
      position: { file: 'site.yml', line: 3, col: 5 },
      detail: ['one', 'two'],
      hint: 'do this',
    });
    expect(errorLines(error, plain).map(String)).to.deep.equal([
      'site.yml:3:5: it failed',
      '  | one',
      '  | two',
      '  try: do this',
    ]);
    expect(errorLines(new TaskError('a\nb'), plain).map(String)).to.deep.equal(['a', '    b']);
  });

  it('counts what it does not show of a change to many files', () => {
    let text = '';
    const report = createHumanReporter({
      out: { write: (more) => (text += more) },
      palette: plain,
      terminal: undefined,
      verbosity: 0,
      diff: false,
    });
    report({
      type: 'task-result',
      host: 'web1',
      task: { name: 'tree', module: 'copy', role: 'r', handler: true },
      result: {
        status: 'changed',
        ms: 2345,
        changes: Array.from({ length: 7 }, (_, index) => ({
          subject: `/f${index}`,
          field: 'mode',
          before: '0600',
          after: index === 5 ? null : '0644',
        })),
      },
    });
    expect(text.split('\n').map((line) => line.trim())).to.deep.equal([
      'changed   web1  r : tree (handler)  2.3 s',
      ...[0, 1, 2, 3].map((index) => `~ /f${index}  mode: 0600 -> 0644`),
      '- /f5  mode: 0600',
      'and 2 more',
      '',
    ]);
  });

  it('marks what is made, changed and taken away', () => {
    let text = '';
    const report = createHumanReporter({
      out: { write: (more) => (text += more) },
      palette: plain,
      terminal: undefined,
      verbosity: 0,
      diff: true,
    });
    const change = (subject: string, before: string | null, after: string | null): void =>
      report({
        type: 'task-result',
        host: 'web1',
        task: { name: subject, module: 'file' },
        result: {
          status: 'changed',
          ms: 0,
          changes: [{ subject, field: 'state', before, after, diff: ['@@ -1,1 +1,1 @@', '-a', '+b'] }],
        },
      });
    change('made', null, 'file');
    change('changed', 'file', 'x'.repeat(80));
    change('gone', 'file', null);
    expect(text).to.include('+ made  state: file\n');
    expect(text).to.include(`~ changed  state: file -> ${'x'.repeat(57)}...\n`);
    expect(text).to.include('- gone  state: file\n');
    expect(text.match(/^ +\+b$/gm)).to.have.length(3);
  });

  it('wraps long lines by words on a terminal, contents and programs’ words excepted', () => {
    const said = (terminal: 'still' | undefined): string[] => {
      let text = '';
      const report = createHumanReporter({
        out: { write: (more) => (text += more), columns: 60 },
        palette: plain,
        terminal: terminal && createTerminal({ write: () => undefined }, terminal, plain),
        verbosity: 0,
        diff: true,
      });
      const subject = '/etc/systemd/system/x.service.d';
      const change = { subject, field: 'mode', before: '0644', after: '0600' };
      const diff = ['@@ -1,1 +1,1 @@', `-${'word '.repeat(12)}`, '+x'];
      const content = { subject, field: 'content', before: '61 bytes', after: '2 bytes', diff };
      const task = { name: 'settings of the service, all of them at once', module: 'copy' };
      const result = { status: 'changed', ms: 0, changes: [content, change] } as const;
      report({ type: 'task-result', host: 'web1', task, result });
      return text.trimEnd().split('\n');
    };
    expect(said('still')).to.deep.equal([
      '  changed   web1  settings of the service, all of them at',
      '                  once',
      '                  ~ /etc/systemd/system/x.service.d',
      '                  content: 61 bytes -> 2 bytes, mode: 0644',
      '                  -> 0600',
      '                  @@ -1,1 +1,1 @@',
      `                  -${'word '.repeat(12)}`,
      '                  +x',
    ]);
    expect(said(undefined)).to.have.length(5);
  });

  it('says everything of a host that is unreachable, also when it is quiet', () => {
    let text = '';
    const report = createHumanReporter({
      out: { write: (more) => (text += more) },
      palette: plain,
      terminal: undefined,
      verbosity: -1,
      diff: false,
    });
    report({
      type: 'host-unreachable',
      host: 'web1',
      error: new UnreachableError('no route', { hint: 'look' }),
    });
    report({ type: 'warning', host: 'web1', message: 'careful' });
    expect(text).to.match(/UNREACH +web1 +unreachable\n +no route\n +try: look\n +warning +web1 +careful\n/);
  });
});

describe('the recap', () => {
  it('has a row for each host and tells what is wrong', () => {
    const host = {
      ok: 3,
      changed: 1,
      mayChange: 0,
      failed: 0,
      skipped: 2,
      unreachable: false,
      checksPassed: 2,
      checksFailed: 0,
      roundTrips: 2,
      ms: 1234,
    };
    const recap = {
      ms: 2000,
      hosts: [
        { ...host, host: 'web1' },
        { ...host, host: 'a-long-name', changed: 0, failed: 1 },
        { ...host, host: 'db1', unreachable: true, ok: 0, changed: 0, checksPassed: 1, checksFailed: 1 },
      ],
    };
    expect(recapTable(recap, plain, { roundTrips: true, dryRun: false }).map(String)).to.deep.equal([
      '  host         ok  changed  failed  unreachable  skipped  verified  round trips   time',
      '  web1          3        1       0            0        2       2/2            2  1.2 s',
      '  a-long-name   3        0       1            0        2       2/2            2  1.2 s',
      '  db1           0        0       0            1        2       1/2            2  1.2 s',
      '',
      '  1 changed on 1 host, 1 host failed, 1 host unreachable, 1 host not verified, in 2.0 s',
    ]);
  });
});
