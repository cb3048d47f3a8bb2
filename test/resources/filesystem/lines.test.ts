import { expect } from 'chai';
import fc from 'fast-check';
import { bareLine, hasLine, splitLines } from '../../../src/resources/filesystem/lines.js';

describe('lines of a text', () => {
  it('are found as if it were split', () => {
    const letters = fc.constantFrom('a', 'b', '\n', '\r', '\r\n');
    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 8 }),
        fc.string({ unit: letters, maxLength: 3 }),
        (text, line) => {
          const split = splitLines(text).map(bareLine);
          expect(hasLine(text, line)).to.equal(split.includes(line));
        },
      ),
      { numRuns: 5000 },
    );
  });
});
