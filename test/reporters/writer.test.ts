import { expect } from 'chai';
import fc from 'fast-check';
import { TaskError, escapeControl } from '../../src/errors.js';
import type { RunEvent } from '../../src/events.js';
import { createDriftReporter } from '../../src/reporters/drift.js';
import { createHumanReporter } from '../../src/reporters/human.js';
import { escapeInJson, jsonEvent } from '../../src/reporters/json.js';
import { createPalette } from '../../src/reporters/palette.js';
import { createTerminal } from '../../src/reporters/terminal.js';
import { text } from '../../src/reporters/text.js';
import { createWriter } from '../../src/reporters/writer.js';
import { cleanUp, project } from '../controller/project.js';

/** What no terminal and no log may be given, but for line breaks and the palette's own codes. */
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/u;
const PALETTE = /\u001b\[(?:0|1|2|22|31|32|33|35|36|39)m/g;
const FORGED = 'FAILED    web1  forged';

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001b[2J',
        '\u001b]0;owned\u0007',
        '\u009b31m',
        '\r',
        '\b',
        '\0',
        '\u202e',
        '\u2066',
        '\u200b',
      ),
      fc.constantFrom(
        '\u200d',
        '\u2028',
        '\ufeff',
        '\ud800',
        '\udc00',
        '\u{e0041}',
        '\u00ad',
        '\u061c',
        'ä',
        '日本',
      ),
      fc.constantFrom(
        `\n  ${FORGED}`,
        `\n${FORGED}`,
        `\r\n  ${FORGED}`,
        `\u0085${FORGED}`,
        'words of a text ',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => pieces.join(''));

/** Every kind of event, with nothing but such texts in it. */
const events = fc.array(hostile, { minLength: 12, maxLength: 12 }).map((texts): RunEvent[] => {
  const [host, name, role, item, message, detail, hint, field, line, play, by, reason] = texts as [
    string,
    ...string[],
  ] &
    Record<number, string>;
  const task = { name: name!, module: 'shell', role: role!, item: item! };
  const changes = [
    {
      subject: name!,
      field: field!,
      before: item!,
      after: null,
      diff: [`+${line!}`, `-${item!}`, `@@ ${by!}`],
    },
  ];
  const error = new TaskError(message!, {
    detail: [detail!, line!],
    hint: hint!,
    position: { file: by!, line: 1, col: 1 },
    host,
  });
  const recap = {
    ms: 1,
    hosts: [
      {
        host,
        ok: 1,
        changed: 1,
        mayChange: 1,
        failed: 1,
        skipped: 1,
        unreachable: true,
        checksPassed: 1,
        checksFailed: 1,
        roundTrips: 1,
        ms: 5000,
      },
    ],
  };
  const result = (status: 'ok' | 'changed' | 'skipped' | 'may-change'): RunEvent => ({
    type: 'task-result',
    host,
    task,
    result: { status, changes, reason: reason!, ms: 2000, ...(status === 'ok' ? { message: message! } : {}) },
  });
  return [
    { type: 'run-start', playbook: play!, inventory: by!, hosts: [host], check: false, tasks: 3 },
    { type: 'play-start', play: play!, hosts: [host] },
    { type: 'host-connected', host, ms: 1 },
    { type: 'request', host, user: by!, queries: 1, steps: 1, sent: 1, received: 1, ms: 1 },
    { type: 'task-start', host, task },
    { type: 'output', host, task, stream: 'stdout', line: line! },
    { type: 'retry', host, task, attempt: 1, of: 2 },
    result('ok'),
    result('changed'),
    result('skipped'),
    result('may-change'),
    { type: 'task-failed', host, task, error, fate: 'failed' },
    { type: 'task-end', host, task, status: 'failed', ms: 3000 },
    { type: 'host-unreachable', host, error },
    { type: 'warning', host, message: message! },
    { type: 'verify-start', hosts: [host] },
    { type: 'check-result', host, task, ok: false, message: message!, attempts: 2, ms: 1 },
    { type: 'check-result', host, task, ok: true, message: message!, attempts: 2, ms: 1 },
    {
      type: 'drift',
      host,
      task,
      subject: `/${name!}`,
      changes,
      modified: by!,
      written: { by: by!, at: by! },
    },
    { type: 'interrupted', left: [{ host, tasks: 1, next: name!, handlers: [item!] }] },
    { type: 'run-end', recap },
  ];
});

function expectSafe(printed: string): void {
  const plain = printed.replace(PALETTE, '');
  expect(UNSAFE.exec(plain)?.[0], JSON.stringify(plain)).to.equal(undefined);
  // Rows of a report begin two blanks from the left, errors at its edge.
  for (const line of plain.split('\n')) expect(line, plain).to.not.match(/^ {0,3}FAILED {4}web1 {2}forged/);
}

describe('what is printed', () => {
  cleanUp();

  for (const [name, tty] of [
    ['to a file', false],
    ['to a terminal', true],
  ] as const) {
    it(`${name} cannot drive it and begins no line but its own, whatever is in an event (property)`, () => {
      const palette = createPalette(tty, {});
      fc.assert(
        fc.property(events, (list) => {
          let printed = '';
          const out = { write: (more: string) => (printed += more), columns: 80 };
          const terminal = tty ? createTerminal(out, 'still', palette) : undefined;
          const human = createHumanReporter({ out, palette, terminal, verbosity: 3, diff: true });
          const drift = createDriftReporter(createWriter(out), palette, { speaks: true });
          for (const event of list) {
            human(event);
            drift(event);
          }
          expect(printed).to.include('FAILED');
          expectSafe(printed);
        }),
      );
    });
  }

  it('as JSON is the same value, and drives nothing (property)', () => {
    fc.assert(
      fc.property(events, (list) => {
        for (const event of list) {
          const value = jsonEvent(event, new Date(0));
          const line = escapeInJson(JSON.stringify(value));
          expect(UNSAFE.test(line)).to.equal(false);
          expect(JSON.parse(line)).to.deep.equal(JSON.parse(JSON.stringify(value)));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('keeps letters of all scripts, and the joiners that some of them and emoji need', () => {
    for (const one of ['Grüße, 日本語, שלום, 😀', 'می\u200cخواهم', '👨\u200d👩\u200d👧', '\tx'])
      expect(escapeControl(one)).to.equal(one);
    expect(escapeControl('a\u200db\u200c')).to.equal('a\\u200db\\u200c');
    expect(escapeControl('a\u202eb\n\u001b\u{e0041}\ud800')).to.equal('a\\u202eb\\n\\x1b\\u{e0041}\\ud800');
  });

  it('has colours where the palette put them, and codes of a field as text', () => {
    const { red } = createPalette(true, {});
    expect(String(text`${red('\u001b[32mx')}\u001b[0m`)).to.equal('\u001b[31m\\x1b[32mx\u001b[39m\\x1b[0m');
  });

  it('by every verb is safe', async () => {
    const evil = `\u001b]0;owned\u0007\u009b2J\u202e\n  ${FORGED}`;
    const site = project({
      'site.yml': `- { hosts: all, name: ${JSON.stringify(`play ${evil}`)}, tasks: [{ name: ${JSON.stringify(evil)}, debug: { msg: "<%= evil %>" } }] }`,
      'group_vars/all.json': JSON.stringify({ evil, nested: { [evil]: [evil] }, jinja: `{{ ${evil} }}` }),
      'bad.yml': `- { hosts: all, tasks: [{ copy: { dest: "<%= out %>/f", content: x, mode: "<%= [evil] %>" } }] }`,
      evil,
    });
    for (const args of [
      ['exec', 'all', '--', `cat ${site.dir}/evil; cat ${site.dir}/evil >&2`],
      ['explain', '-i', 'inventory.yml', 'web1', 'evil'],
      ['explain', '-i', 'inventory.yml', 'web1', 'nested'],
      ['explain', '-i', 'inventory.yml', 'web1', evil],
      ['inventory', '-i', 'inventory.yml', '--graph', '--vars'],
      ['inventory', '-i', 'inventory.yml', '--list'],
      ['--list-tasks', 'site.yml'],
      ['--list-hosts', 'site.yml'],
      ['-vvv', 'site.yml'],
      ['bad.yml'],
      ['runs'],
      ['runs', 'show', 'last', '-v'],
      ['runs', 'show', 'last', '--format', 'json'],
      ['--format', 'json', '-vvv', 'site.yml'],
      ['-l', evil, 'site.yml'],
      [evil],
      ['-e', evil, 'site.yml'],
      ['--\u001b[2J\u202e', 'site.yml'],
    ]) {
      const { stdout, stderr } = await site.cli(...args);
      expect(stdout + stderr, args.join(' ')).to.not.equal('');
      // Output of exec has lines of its own, as it should: they are what was asked for.
      expectSafe((stdout + stderr).replaceAll(args[0] === 'exec' ? `\n  ${FORGED}` : '\0', '\n'));
    }
    const { stdout } = await site.cli('inventory', '-i', 'inventory.yml', '--host', 'web1');
    expect(JSON.parse(stdout)).to.deep.include({ evil, nested: { [evil]: [evil] } });
  });
});
