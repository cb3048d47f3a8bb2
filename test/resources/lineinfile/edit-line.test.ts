import { expect } from 'chai';
import fc from 'fast-check';
import { TaskError } from '../../../src/errors.js';
import { editLine, type LineEdit } from '../../../src/resources/lineinfile/edit-line.js';

// Few letters, so that lines, expressions and places meet.
const line = fc.string({ unit: fc.constantFrom('a', 'b', '#', ' ', '='), maxLength: 4 });
const text = fc
  .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, last]) => lines.join(end) + (last && lines.length > 0 ? end : ''));
const regexp = fc.constantFrom('^a', 'b$', '^#?a=', '^(a*)(b)?', '(?i)A', '^[^#]*$', '=');
const place = fc.constantFrom('^a', 'b', '^#');
const edit: fc.Arbitrary<LineEdit> = fc.record(
  {
    state: fc.constantFrom('present', 'absent'),
    line,
    regexp,
    insertafter: fc.oneof(place, fc.constant('EOF')),
    firstmatch: fc.boolean(),
    backrefs: fc.constant(false),
  },
  { requiredKeys: ['state', 'line', 'firstmatch', 'backrefs'] },
);

describe('editLine', () => {
  const python: readonly (readonly [string, Partial<LineEdit>, string])[] = [
    ['x=1\nxa]\n', { regexp: '^x[^]]*$', line: 'x=new' }, 'x=new\nxa]\n'],
    ['[a]\nb\n', { insertafter: '^\\[[^]]+\\]', line: 'c' }, '[a]\nc\nb\n'],
    ['a\nx]\nb\n', { insertbefore: '^x[]a]', line: 'c' }, 'a\nc\nx]\nb\n'],
    ['aab\nb\n', { state: 'absent', regexp: '^a{,3}b' }, ''],
    ['\nb\n', { state: 'absent', regexp: '^\\s+$' }, 'b\n'],
    ['Port\n', { regexp: '^Port\\s', line: 'Port 22' }, 'Port 22\n'],
    ['größe=1\n', { regexp: '^\\w+=', line: 'a=2' }, 'a=2\n'],
    ['a\r\nb\r\n', { regexp: '^a$', line: 'c' }, 'c\r\nb\r\n'],
    ['k: v\n', { regexp: '^(?P<k>\\w+):\\s*(.*)$', line: '\\g<k>=\\2\\\\', backrefs: true }, 'k=v\\\n'],
  ];
  for (const [before, given, after] of python) {
    it(`takes expressions as Python does: ${JSON.stringify(given)}`, () => {
      const wanted: LineEdit = { state: 'present', firstmatch: false, backrefs: false, ...given };
      expect(editLine(before, wanted)).to.equal(after);
      expect(editLine(after, wanted)).to.equal(after);
    });
  }

  it('refuses what means nothing', () => {
    for (const [regexp, template, words] of [
      ['[b-a]', 'x', /regexp: bad character range/],
      ['(?P<k>a', 'x', /regexp: missing \)/],
      ['(a)?(?(1)b|c)', 'x', /regexp: .*not supported/],
      ['(?<k>a)', 'x', /named group is \(\?P<name>/],
      ['(a)', '\\q', /line: bad escape/],
    ] as const)
      expect(() =>
        editLine('a\n', { state: 'present', firstmatch: false, backrefs: true, regexp, line: template }),
      ).to.throw(TaskError, words);
  });

  it('done twice is done once', () => {
    fc.assert(
      fc.property(text, edit, (before, wanted) => {
        const after = editLine(before, wanted);
        expect(editLine(after, wanted)).to.equal(after);
      }),
      { numRuns: 2000 },
    );
  });

  it('with backrefs is done after one time or refused', () => {
    const templates = fc.constantFrom('\\1', 'x\\1', '\\2\\1', '\\g<1>b', 'ab', '');
    let settled = 0;
    fc.assert(
      fc.property(text, templates, (before, template) => {
        const wanted: LineEdit = {
          state: 'present',
          line: template,
          regexp: '^(a*)(b)?',
          firstmatch: false,
          backrefs: true,
        };
        try {
          const after = editLine(before, wanted);
          expect(editLine(after, wanted)).to.equal(after);
          settled += 1;
        } catch (error) {
          if (!(error instanceof TaskError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
    expect(settled).to.be.greaterThan(100);
  });

  it('puts the line there, and takes it away', () => {
    fc.assert(
      fc.property(text, line, (before, wanted) => {
        const base = { line: wanted, firstmatch: false, backrefs: false } as const;
        const there = editLine(before, { ...base, state: 'present' });
        expect(there.split(/\r?\n/)).to.include(wanted);
        const gone = editLine(there, { ...base, state: 'absent' });
        expect(gone.match(/[^\n]*\n|[^\n]+$/g)?.map((one) => one.replace(/\r?\n$/, '')) ?? []).not.to.include(
          wanted,
        );
      }),
    );
  });

  it('leaves the other lines alone', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 6 }),
        fc.option(place, { nil: undefined }),
        (lines, insertafter) => {
          const before = lines.map((one) => `${one}\n`).join('');
          const after = editLine(before, {
            state: 'present',
            line: 'new',
            firstmatch: false,
            backrefs: false,
            ...(insertafter === undefined ? {} : { insertafter }),
          });
          expect(
            after
              .split('\n')
              .filter((one) => one !== 'new')
              .join('\n'),
          ).to.equal(before);
        },
      ),
    );
  });
});
