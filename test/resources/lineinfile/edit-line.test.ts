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
