import { expect } from 'chai';
import fc from 'fast-check';
import { findTrap } from '../../src/playbook/expression-traps.js';
import { toJavaScript } from '../../src/playbook/to-javascript.js';

describe('toJavaScript', () => {
  const cases: [string, string][] = [
    ['a and b or not c', 'a && b || !c'],
    ['not a == b', '!(a == b)'],
    ['x is defined and x.y is not defined', "defined('x') && x.y === undefined"],
    ['x.y is defined', 'x.y !== undefined'],
    ['x is undefined', "!defined('x')"],
    ['x is not none', 'x !== null'],
    ["result.stdout is search('a and b')", "regexTest(result.stdout, 'a and b')"],
    ['result is succeeded', '!result.failed'],
    ['result is not changed', '!result.changed'],
    ["'web' in group_names", "group_names.includes('web')"],
    ["inventory_hostname not in groups['web']", "!groups['web'].includes(inventory_hostname)"],
    ["ansible_distribution in ['Debian', 'Ubuntu']", "['Debian', 'Ubuntu'].includes(ansible_distribution)"],
    ["x | default('a b')", "(vars.x ?? 'a b')"],
    ['x | default([]) | length > 0', '(vars.x ?? []).length > 0'],
    ['x.y | default(1) | int', 'Number((x.y ?? 1))'],
    ["name | lower == 'x'", "name.toLowerCase() == 'x'"],
    ['True and None', 'true && null'],
    ['{{ a }}', 'a'],
  ];
  for (const [ansible, javascript] of cases) {
    it(ansible, () => {
      expect(toJavaScript(ansible)).to.equal(javascript);
    });
  }

  it('has nothing to say of JavaScript, or of what it cannot turn into an expression', () => {
    for (const source of ['a && b', "x === 'and or not'", 'a ?? b', 'x | selectattr("a")', 'a and (b', '']) {
      expect(toJavaScript(source), source).to.equal(undefined);
    }
  });

  it('never throws and leaves texts in quotes as they are', () => {
    const word = fc.constantFrom(
      'and',
      'or',
      'not',
      'is',
      'defined',
      'in',
      '|',
      'default(',
      ')',
      'x',
      "'and not'",
      '==',
      '(',
      '{{',
      '}}',
      '"in"',
      '1',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const source = words.join(' ');
        const javascript = toJavaScript(source) ?? source;
        const texts = (text: string): string[] => (text.match(/'and not'|"in"/g) ?? []).sort();
        // A text may go where a name is asked for (defined('x')), but none is changed inside.
        expect(texts(javascript)).to.deep.equal(texts(source));
      }),
      { numRuns: 500 },
    );
  });
});

describe('findTrap', () => {
  const cases: [string, string | undefined, number][] = [
    ['a in b.c', 'in', 0],
    ['ok && (a in list)', 'in', 7],
    ["'x' in groups", undefined, 0],
    ['x | bool', 'filter', 0],
    ['a | b(1) == 2', 'filter', 0],
    ['flags | 4', undefined, 0],
    ['a || b', undefined, 0],
    ['x = 1', 'assignment', 0],
    ['x == 1 && y >= 2', undefined, 0],
    ['list.some((one) => one.a === True)', 'constant', 29],
    ["'True in |'", undefined, 0],
  ];
  for (const [source, kind, offset] of cases) {
    it(source, () => {
      const trap = findTrap(source);
      expect([trap?.kind, trap?.offset ?? 0]).to.deep.equal([kind, offset]);
    });
  }
});
