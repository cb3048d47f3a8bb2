import { expect } from 'chai';
import fc from 'fast-check';
import { parseIniValue } from '../../src/inventory/ini-value.js';
import { splitWords } from '../../src/inventory/words.js';

describe('parseIniValue', () => {
  // What Python's ast.literal_eval makes of it; text stays as it is.
  const values: [string, unknown][] = [
    ['1', 1],
    ['-7', -7],
    ['+3', 3],
    ['0', 0],
    ['00', 0],
    ['0644', '0644'],
    ['1_000', 1000],
    ['0x1F', 31],
    ['0o17', 15],
    ['0b101', 5],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1.2.3', '1.2.3'],
    ['12ab', '12ab'],
    ['1 2', '1 2'],
    ['True', true],
    ['False', false],
    ['None', null],
    ['true', 'true'],
    ['yes', 'yes'],
    ['Truely', 'Truely'],
    ['', ''],
    ['  ', '  '],
    ['plain words', 'plain words'],
    ["'a b'", 'a b'],
    ['"a\\nb"', 'a\nb'],
    ["'it''s'", 'its'],
    ['\'a\' "b"', 'ab'],
    ['"\\x41\\u00e9\\101"', 'Aé' + 'A'],
    ['"open', '"open'],
    ["'a' b", "'a' b"],
    ['"\\q"', '\\q'],
    ['"\\xZZ"', '"\\xZZ"'],
    ['[]', []],
    ['[1, "a", [True]]', [1, 'a', [true]]],
    ['[1,]', [1]],
    ['[1 2]', '[1 2]'],
    ['[,]', '[,]'],
    ['[a]', '[a]'],
    ['(1, 2)', [1, 2]],
    ['(1)', 1],
    ['(1,)', [1]],
    ['()', []],
    ['{}', {}],
    ["{'a': 1, 'b': {'c': None}}", { a: 1, b: { c: null } }],
    ["{1: 'x',}", { 1: 'x' }],
    ["{'a': 1 'b': 2}", "{'a': 1 'b': 2}"],
    ['{1, 2}', [1, 2]],
    ['1 # a comment', 1],
    ['a # no comment', 'a # no comment'],
    ['12345678901234567890', '12345678901234567890'],
    ['10.0.0.1', '10.0.0.1'],
    ['a=b', 'a=b'],
    ['/path', '/path'],
    ['-', '-'],
    ['- 5', '- 5'],
  ];
  for (const [text, expected] of values) {
    it(JSON.stringify(text), () => expect(parseIniValue(text)).to.deep.equal(expected));
  }

  it("reads what JSON says with Python's words (property)", () => {
    const json = fc
      .jsonValue({ noUnicodeString: true })
      .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    const toPython = (value: unknown): string => {
      if (value === null) return 'None';
      if (typeof value === 'boolean') return value ? 'True' : 'False';
      if (Array.isArray(value)) return `[${value.map(toPython).join(', ')}]`;
      if (typeof value === 'object')
        return `{${Object.entries(value)
          .map(([key, inner]) => `${JSON.stringify(key)}: ${toPython(inner)}`)
          .join(', ')}}`;
      return JSON.stringify(value);
    };
    const isExact = (value: unknown): boolean =>
      typeof value === 'object' && value !== null
        ? Object.values(value).every(isExact)
        : typeof value !== 'number' || Math.abs(value) < 2 ** 53;
    fc.assert(
      fc.property(json.filter(isExact), (value) => {
        expect(parseIniValue(toPython(value))).to.deep.equal(value);
      }),
    );
  });

  it('never fails, whatever the text (property)', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      '(',
      ')',
      ',',
      ':',
      "'",
      '"',
      '\\',
      '1',
      'True',
      ' ',
      '#',
      'a',
      '.',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => void parseIniValue(text),
      ),
    );
  });
});

describe('splitWords', () => {
  it('splits as shlex does', () => {
    const words = (line: string): unknown => {
      const split = splitWords(line);
      return 'words' in split ? split.words.map((word) => word.text) : split;
    };
    expect(words('a  b="c d" e=\'f "g"\' h\\ i # no j')).to.deep.equal(['a', 'b=c d', 'e=f "g"', 'h i']);
    expect(words('a=b#c')).to.deep.equal(['a=b']);
    expect(words('"a\\"b\\\\c\\d"')).to.deep.equal(['a"b\\c\\d']);
    expect(words("''")).to.deep.equal(['']);
    expect(words('a "b')).to.deep.equal({ open: 3, quote: '"' });
  });
});
