import { expect } from 'chai';
import fc from 'fast-check';
import { editBlock, type BlockEdit } from '../../../src/resources/blockinfile/edit-block.js';

const line = fc.string({ unit: fc.constantFrom('a', 'b', '#', ' '), maxLength: 4 });
const text = fc
  .tuple(fc.array(line, { maxLength: 6 }), fc.boolean())
  .map(([lines, last]) => lines.join('\n') + (last && lines.length > 0 ? '\n' : ''));
const block = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => `${lines.join('\n')}\n`);
const place = fc.constantFrom(
  {},
  { insertafter: '^a' },
  { insertbefore: 'b' },
  { insertbefore: 'BOF' },
  { insertafter: 'EOF' },
);

function wanted(given: Partial<BlockEdit>): BlockEdit {
  return {
    state: 'present',
    block: '',
    marker: '# {mark} X',
    marker_begin: 'BEGIN',
    marker_end: 'END',
    ...given,
  };
}

describe('editBlock', () => {
  it('done twice is done once', () => {
    fc.assert(
      fc.property(text, block, place, (before, lines, where) => {
        const edit = wanted({ block: lines, ...where });
        const after = editBlock(before, edit);
        expect(editBlock(after, edit)).to.equal(after);
        expect(after).to.contain(`# BEGIN X\n${lines}# END X\n`);
      }),
      { numRuns: 1000 },
    );
  });

  it('replaced, it stays in its place; taken away, the rest is as before', () => {
    fc.assert(
      fc.property(text, block, block, place, (before, first, second, where) => {
        const once = editBlock(before, wanted({ block: first, ...where }));
        const other = editBlock(once, wanted({ block: second, insertafter: 'EOF' }));
        expect(other).to.equal(once.replace(`# BEGIN X\n${first}# END X\n`, `# BEGIN X\n${second}# END X\n`));
        const gone = editBlock(other, wanted({ state: 'absent' }));
        // A last line without an end gets one when a block follows it.
        expect([before, `${before}\n`]).to.include(gone);
      }),
      { numRuns: 1000 },
    );
  });

  it('goes where an expression of Python finds a line', () => {
    const given: BlockEdit = {
      state: 'present',
      block: 'x',
      marker: '# {mark}',
      marker_begin: 'BEGIN',
      marker_end: 'END',
    };
    const block = '# BEGIN\nx\n# END\n';
    expect(editBlock('[a]\nb]\nc\n', { ...given, insertafter: '^[[][^]]+[]]$' })).to.equal(
      `[a]\n${block}b]\nc\n`,
    );
    expect(editBlock('[a]\nb]\nc\n', { ...given, insertbefore: '^b{,1}[]a]' })).to.equal(
      `[a]\n${block}b]\nc\n`,
    );
  });

  it('keeps several blocks apart by their markers', () => {
    const one = wanted({ block: 'one', marker: '# {mark} one' });
    const two = wanted({ block: 'two', marker: '# {mark} two' });
    const both = editBlock(editBlock('', one), two);
    expect(both).to.equal('# BEGIN one\none\n# END one\n# BEGIN two\ntwo\n# END two\n');
    expect(editBlock(both, one)).to.equal(both);
    expect(editBlock(both, { ...one, state: 'absent' })).to.equal('# BEGIN two\ntwo\n# END two\n');
  });
});
