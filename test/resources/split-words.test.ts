import { expect } from 'chai';
import fc from 'fast-check';
import { quoteWord } from '../../src/resources/command/quote-word.js';
import { splitWords } from '../../src/resources/split-words.js';
import { runProgram } from './run-script.js';

describe('splitWords', () => {
  const cases: readonly [string, readonly string[]][] = [
    ['', []],
    ['  \t\n ', []],
    ['a  b\tc\nd', ['a', 'b', 'c', 'd']],
    [`a' b 'c"d e"`, ['a b cd e']],
    [`'' ""`, ['', '']],
    [String.raw`a\ b \\ \' "\"\$\x\\"`, ['a b', '\\', "'", '"$\\x\\']],
    ['a\\\nb \\\n c', ['ab', 'c']],
    [`$HOME *.txt a|b >c #d`, ['$HOME', '*.txt', 'a|b', '>c', '#d']],
    ['é\\😀 "ü"', ['é😀', 'ü']],
  ];
  for (const [line, words] of cases) {
    it(JSON.stringify(line), () => expect(splitWords(line)).to.deep.equal(words));
  }

  for (const line of [`a 'b`, `"b`, `"a\\"`, 'a \\']) {
    it(`refuses ${JSON.stringify(line)}`, () => expect(() => splitWords(line)).to.throw(SyntaxError));
  }

  it('undoes quoting', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (words) => {
        expect(splitWords(words.map(quoteWord).join(' '))).to.deep.equal(words);
      }),
    );
  });

  it('splits as sh does where nothing is expanded', async () => {
    // What sh would expand or take for an operator (a bare newline too) is left to the examples above.
    const piece = fc.constantFrom(
      'a',
      'b',
      ' ',
      '\t',
      "'",
      '"',
      '\\\\',
      '\\ ',
      '\\\n',
      'é',
      '""',
      "''",
      '\\"',
      '.',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const line = pieces.join('');
        let words: string[];
        try {
          words = splitWords(line);
        } catch {
          return;
        }
        const { stdout } = await runProgram([
          'sh',
          '-c',
          `for word in ${line}\ndo printf '%s\\0' "$word"; done`,
        ]);
        expect(stdout).to.equal(words.map((word) => `${word}\0`).join(''));
      }),
      { numRuns: 100 },
    );
  });
});
