import { expect } from 'chai';
import fc from 'fast-check';
import { KeyValueError, splitKeyValues } from '../../src/playbook/key-values.js';

describe('splitKeyValues', () => {
  it('splits at blanks outside of quotes and template tags', () => {
    const pairs = splitKeyValues(`a=1  b="x y" c='it is' d=<%= f({ x: 1 }) %>/z\n e=`);
    expect(pairs.map(({ key, text, quoted }) => [key, text, quoted])).to.deep.equal([
      ['a', '1', false],
      ['b', 'x y', true],
      ['c', 'it is', true],
      ['d', '<%= f({ x: 1 }) %>/z', false],
      ['e', '', false],
    ]);
  });

  it('says where it stopped', () => {
    for (const [line, offset] of [
      ['a=1 b', 4],
      ['a="x', 2],
      ['a=1 b="x" "', 10],
      ['=1', 0],
    ] as const) {
      expect(() => splitKeyValues(line), line)
        .to.throw(KeyValueError)
        .with.property('offset', offset);
    }
  });

  it('gives back every value and where it stands', () => {
    const key = fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/);
    const value = fc.oneof(fc.stringMatching(/^[^\s"'<\\]{0,8}$/), fc.stringMatching(/^[^"\\]{0,8}$/));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value, fc.boolean()), { maxLength: 5 }), (entries) => {
        const quote = (text: string, wanted: boolean): string =>
          wanted || /[\s"'<]/.test(text) ? `"${text}"` : text;
        const line = entries.map(([name, text, wanted]) => `${name}=${quote(text, wanted)}`).join('  ');
        const pairs = splitKeyValues(line);
        expect(pairs.map(({ key: name, text }) => [name, text])).to.deep.equal(
          entries.map(([name, text]) => [name, text]),
        );
        for (const { key: name, keyOffset, text, textOffset } of pairs) {
          expect(line.slice(keyOffset, keyOffset + name.length)).to.equal(name);
          expect(line.slice(textOffset, textOffset + text.length)).to.equal(text);
        }
      }),
    );
  });
});
