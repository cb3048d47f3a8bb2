import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { createCapped } from '../../src/agent/capped.js';
import { createLines } from '../../src/agent/lines.js';
import { quote, quoteAll } from '../../src/agent/quote.js';
import { splitSignal } from '../../src/agent/signal.js';
import { TaskError } from '../../src/errors.js';
import { SHELLS } from './support.js';

describe('quote', () => {
  for (const shell of SHELLS) {
    it(`is undone by ${shell}`, () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.string({
          unit: fc.constantFrom(
            "'",
            '"',
            '\\',
            '$',
            '`',
            '\n',
            ' ',
            '!',
            '*',
            '~',
            '-',
            'a',
            '\r',
            '\t',
            'é',
            '\u{1f600}',
          ),
        }),
      );
      const words = fc.array(
        text.filter((one) => !one.includes('\0') && !/\p{Surrogate}/u.test(one)),
        { minLength: 1, maxLength: 20 },
      );
      const [program = '', ...options] = shell.split(' ');
      fc.assert(
        fc.property(words, (list) => {
          const out = execFileSync(program, [...options, '-c', `printf '%s\\0' ${quoteAll(list)}`], {
            encoding: 'utf8',
          });
          expect(out.split('\0').slice(0, -1)).to.deep.equal(list);
        }),
        { numRuns: 60 },
      );
    });
  }

  it('leaves plain words as they are and refuses a NUL', () => {
    expect(quote('/etc/nginx/nginx.conf')).to.equal('/etc/nginx/nginx.conf');
    expect(() => quote('a\0b')).to.throw(TaskError, /NUL/);
  });
});

describe('createCapped', () => {
  it('keeps everything up to the cap, head and tail beyond it, and says what is left out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { maxLength: 30 }),
        fc.integer({ min: 2, max: 100 }),
        (sizes, keep) => {
          const capped = createCapped(keep);
          let at = 0;
          for (const size of sizes)
            capped.add(Buffer.from(Array.from({ length: size }, () => (at += 1) % 256)));
          const all = Buffer.from(Array.from({ length: at }, (_one, index) => (index + 1) % 256));
          const half = Math.ceil(keep / 2);
          const kept = capped.take();
          if (at <= 2 * half) expect(kept.equals(all)).to.equal(true);
          else {
            const note = Buffer.from(`\n... ${at - 2 * half} bytes omitted ...\n`);
            expect(kept.equals(Buffer.concat([all.subarray(0, half), note, all.subarray(-half)]))).to.equal(
              true,
            );
          }
        },
      ),
    );
  });
});

describe('createLines', () => {
  it('gives the same lines however the bytes are cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '☃', '\n', '\r', '\r\n'), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(80)), (printed, cuts) => {
        const expected = printed.split(/\r\n|[\r\n]/);
        if (expected.at(-1) === '') expected.pop();
        const bytes = Buffer.from(printed);
        const places = [
          0,
          ...[...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b),
          bytes.length,
        ];
        const lines = createLines();
        const found: string[] = [];
        for (let index = 1; index < places.length; index += 1) {
          lines.add(bytes.subarray(places[index - 1], places[index]), (line) => found.push(line));
        }
        lines.end((line) => found.push(line));
        expect(found).to.deep.equal(expected);
      }),
    );
  });
});

describe('splitSignal', () => {
  for (const [what, rc, stderr, signal, rest] of [
    ['an exit code above 128', 137, 'x\n', undefined, 'x\n'],
    ['dash', 137, 'x\nKilled\n', 'SIGKILL', 'x\n'],
    ['dash, after a line without end', 137, 'xKilled\n', 'SIGKILL', 'x'],
    ['dash, with a dump', 134, 'Aborted (core dumped)\n', 'SIGABRT', ''],
    ['bash', 143, 'x\nbash: line 12: 4711 Terminated              ( eval "$body" )\n', 'SIGTERM', 'x\n'],
    [
      'bash, a pipeline',
      137,
      'x\nsh: line 3: 22447 Done                    printf %s "$stdin"\n     22448 Killed                  | ( eval "$body" )\n',
      'SIGKILL',
      'x\n',
    ],
    ['another signal than the exit code says', 139, 'Killed\n', undefined, 'Killed\n'],
    ['the word in the midst', 137, 'Killed\nbut not this\n', undefined, 'Killed\nbut not this\n'],
    ['success', 0, 'Killed\n', undefined, 'Killed\n'],
  ] as const) {
    it(what, () => expect(splitSignal(rc, stderr)).to.deep.equal({ signal, stderr: rest }));
  }
});
