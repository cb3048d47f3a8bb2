import { expect } from 'chai';
import fc from 'fast-check';
import { quoteName, quoteText, quoteValue } from '../../../src/resources/mysql/quote.js';

describe('quoting for SQL', () => {
  it('stands for the same text, by the rules of the server', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readLiteral(quoteText(text))).to.equal(text);
      }),
      { examples: [["'"], ['\\'], ["\\'; DROP TABLE t; -- "], ['\0\n\r\u001a"`'], ['\\\\n']] },
    );
  });

  it('never spans lines', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\n\r\0]/.test(quoteText(text))));
  });

  it('quotes names', () => {
    expect(quoteName('a`b; DROP')).to.equal('`a``b; DROP`');
    for (const name of ['', 'a\nb', 'a\0']) expect(() => quoteName(name)).to.throw(RangeError);
  });

  it('quotes values of every type', () => {
    expect(quoteValue([1, -0.5, true, false, null, 'x', { a: "'" }])).to.equal(
      `1, -0.5, TRUE, FALSE, NULL, 'x', '{"a":"''"}'`,
    );
  });
});

/** What the server makes of a literal in its usual mode: section "String Literals" of the manual. */
function readLiteral(literal: string): string {
  const inner = /^'([^]*)'$/.exec(literal)![1]!;
  let text = '';
  for (let index = 0; index < inner.length; index++) {
    const char = inner[index]!;
    if (char === "'") {
      if (inner[++index] !== "'") throw new Error('the literal ends early');
      text += "'";
    } else if (char === '\\') {
      const escaped = inner[++index]!;
      text += { '0': '\0', n: '\n', r: '\r', t: '\t', b: '\b', Z: '\u001a' }[escaped] ?? escaped;
    } else {
      text += char;
    }
  }
  return text;
}
