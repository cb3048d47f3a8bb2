import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { evaluate } from '../../src/template/evaluate.js';
import { templateFunctions } from '../../src/template/functions.js';
import { expression, failureOf, scopeOf } from './support.js';

const value = (source: string, values: Record<string, unknown> = {}): unknown =>
  evaluate(expression(source), scopeOf(values));
const quote = templateFunctions['quote'] as unknown as (text: string) => string;

describe('functions of templates', () => {
  it('quotes one word of sh (property, asked of sh itself)', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
          { minLength: 20, maxLength: 20 },
        ),
        (words) => {
          const script = words.map((word) => `printf '%s\\0' ${quote(word)}`).join('\n');
          const said = execFileSync('sh', ['-c', script]).toString();
          expect(said.split('\0').slice(0, -1)).to.deep.equal(words);
        },
      ),
      { numRuns: 20 },
    );
    expect(quote('')).to.equal("''");
    expect(quote('/etc/x.conf')).to.equal('/etc/x.conf');
    expect(quote("a'b")).to.equal(`'a'\\''b'`);
  });

  it('writes YAML and JSON that read back the same (property)', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const exact: unknown = JSON.parse(JSON.stringify(data));
        expect(parse(value('toYaml(x)', { x: exact }) as string, { version: '1.1' })).to.deep.equal(exact);
        expect(JSON.parse(value('toJson(x, 2)', { x: exact }) as string)).to.deep.equal(exact);
      }),
    );
    expect(value("toYaml({a: [1, 'x']}, 2)")).to.equal('a:\n    - 1\n    - x');
    expect(value("toYaml({ on: 'yes' })")).to.equal('"on": "yes"');
  });

  it('does the small things', () => {
    expect(value("basename('/a/b.txt')")).to.equal('b.txt');
    expect(value("dirname('/a/b.txt')")).to.equal('/a');
    expect(value("b64encode('hä')")).to.equal('aMOk');
    expect(value("b64decode('aMOk')")).to.equal('hä');
    expect(value("sha256('')")).to.equal('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(value("hash('', 'md5')")).to.equal('d41d8cd98f00b204e9800998ecf8427e');
    expect(value(String.raw`regexReplace('a1b22', '([0-9]+)', '<\\1>')`)).to.equal('a<1>b<22>');
    expect(value('regexReplace("AbA", /a/i, "x")')).to.equal('xbx');
    expect(value(String.raw`regexReplace('a]b', '[]a]', '<$&\\g<0>>')`)).to.equal('<aa><]]>b');
    expect(value(String.raw`regexReplace('AbA', 'a', 'x', 'i')`)).to.equal('xbx');
    expect(value(String.raw`regexTest('xa]', '^x[^]]*$')`)).to.equal(false);
    expect(value(String.raw`regexTest('xab', 'a')`)).to.equal(true);
    expect(value(String.raw`regexTest('xab', 'A', 'iy')`)).to.equal(false);
    expect(value(String.raw`regexTest('xab', /^xa/g)`)).to.equal(true);
    expect(() => value(`regexTest('x', '[')`)).to.throw(/unterminated character set/);
    expect(value('combine({a: {b: 1, c: 2}}, {a: {c: 3}, d: [1]})')).to.deep.equal({
      a: { b: 1, c: 3 },
      d: [1],
    });
    expect(value('unique([1, 2, 1, {a: 1}, {a: 1}])')).to.deep.equal([1, 2, { a: 1 }]);
    expect(value('flatten([1, [2, [3]]])')).to.deep.equal([1, 2, 3]);
    expect(value('flatten([1, [2, [3]]], 1)')).to.deep.equal([1, 2, [3]]);
    expect(value("ipInSubnet('10.1.2.3', '10.0.0.0/8')")).to.equal(true);
    expect(value("ipInSubnet('11.1.2.3', '10.0.0.0/8')")).to.equal(false);
    expect(value("ipInSubnet('fd00::1', 'fd00::/8')")).to.equal(true);
    expect(value("ipInSubnet('fd00::1', '10.0.0.0/8')")).to.equal(false);
  });

  it('does not change what it is given, nor prototypes', () => {
    const a = { x: { y: 1 } };
    value('combine(a, {x: {z: 2}})', { a });
    expect(a).to.deep.equal({ x: { y: 1 } });
    const evil: unknown = JSON.parse('{"__proto__": {"polluted": true}}');
    value('combine({}, evil)', { evil });
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('says what it takes', () => {
    for (const [source, message] of [
      ['basename(x)', 'basename takes text, not undefined'],
      ['quote([1])', 'quote takes text, not a list'],
      ["hash('a', 'nope')", 'unknown algorithm "nope"'],
      ['unique({})', 'unique takes a list, not a map'],
      ["combine({}, 'a')", 'combine takes maps, not string'],
      ["ipInSubnet('x', '10.0.0.0/8')", '"x" is no address'],
      ["ipInSubnet('10.0.0.1', '10.0.0.0')", '"10.0.0.0" is no network'],
    ] as const) {
      expect(failureOf(() => value(source, { x: undefined })).message).to.contain(message);
    }
  });
});
