import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { PatternError, compilePattern, expandTemplate } from '../../src/regexp/python-regexp.js';
import { askPython, hasPython, replaceInPython, type Question, type Verdict } from './python.js';

interface Case extends Question {
  /** what both say; left out: an error in both */
  readonly match?: string | null;
  readonly groups?: readonly (string | null)[];
  readonly expanded?: string;
  /** what Python understands and cannot be said here */
  readonly refused?: string;
}

const cases = JSON.parse(
  readFileSync(fileURLToPath(new URL('cases.json', import.meta.url)), 'utf8'),
) as readonly Case[];

/** What is said here, in Python's form: offsets count characters. `refused` is left out of comparisons. */
function answerOf({ pattern, text, template }: Question): Verdict | { readonly refused: string } {
  try {
    const compiled = compilePattern(pattern);
    const found = compiled.search(text);
    if (!found) return { span: null };
    const start = [...text.slice(0, found.start)].length;
    const groups: (string | null)[] = [];
    for (let key = 0; ; key += 1) {
      try {
        groups.push(found.group(key) ?? null);
      } catch (error) {
        if (/invalid group reference/.test(String(error))) break;
        groups.push('?');
      }
    }
    return {
      span: [start, start + [...found.text].length],
      groups,
      ...(template === undefined ? {} : { expanded: expandTemplate(template, found) }),
    };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return /supported/.test(error.message) ? { refused: error.message } : { error: error.message };
  }
}

describe('compilePattern', () => {
  for (const one of cases) {
    it(`${one.pattern} on ${JSON.stringify(one.text)}${one.template === undefined ? '' : ` as ${one.template}`}`, () => {
      const answer = answerOf(one);
      if (one.refused !== undefined) {
        expect(answer).to.have.property('refused').that.includes(one.refused);
        return;
      }
      if (one.match === undefined) {
        expect(answer).to.have.property('error');
        return;
      }
      if (one.match === null) {
        expect(answer).to.deep.equal({ span: null });
        return;
      }
      if (!('groups' in answer)) throw new Error(JSON.stringify(answer));
      expect(answer.groups[0]).to.equal(one.match);
      if (one.groups) expect(answer.groups.slice(1)).to.deep.equal(one.groups);
      expect(answer.expanded).to.equal(one.expanded);
    });
  }

  it('says of the cases what Python says', function () {
    if (!hasPython) return this.skip();
    compare(cases.filter(({ refused }) => refused === undefined));
  });

  it('says of any expression what Python says', function () {
    if (!hasPython) return this.skip();
    this.timeout(60_000);
    const seed = Date.now() & 0x7fffffff;
    const questions = fc.sample(fc.record({ pattern: patternArbitrary, text: textArbitrary }), {
      numRuns: Number(process.env['PATTERNS'] ?? 1000),
      seed,
    });
    compare(questions, `seed ${seed}: `);
  });

  it('fills any template as Python does', function () {
    if (!hasPython) return this.skip();
    const template = fc
      .array(
        fc.constantFrom(
          'a',
          '1',
          '0',
          '7',
          '\\',
          'g',
          '<',
          '>',
          'n',
          '&',
          '$',
          'é',
          '\\1',
          '\\g<2>',
          '\\g<n>',
        ),
        {
          maxLength: 6,
        },
      )
      .map((parts) => parts.join(''));
    const questions = fc
      .sample(template, 500)
      .map((one) => ({ pattern: '(a)(?P<n>b)?', text: 'xa', template: one }));
    compare(questions);
  });

  it('replaces all matches, and knows the kinds of all characters, as Python does', function () {
    if (!hasPython) return this.skip();
    this.timeout(20_000);
    // Without blocks to which newer versions of Unicode have added letters.
    const blocks = [
      [0, 0x880],
      [0x900, 0xb80],
      [0xe00, 0x1bff],
      [0x1e00, 0x2e00],
      [0xa640, 0xa69f],
      [0xfb00, 0xfb06],
      [0x10400, 0x1044f],
    ];
    const text = blocks
      .flatMap(([from, to]) =>
        Array.from({ length: to! - from! + 1 }, (_, index) => String.fromCodePoint(from! + index)),
      )
      .join('');
    const kinds = [
      '\\w',
      '\\d',
      '\\s',
      '\\W',
      '[^\\Sa]',
      '\\b',
      '(?i)[a-z]',
      '(?i)[^k-sä-ü]',
      '(?i)[α-ω]',
      '(?ai)[i-s]',
    ];
    const questions = [
      ...kinds.map((pattern) => ({ pattern, text, template: '|' })),
      { pattern: 'a*', text: 'baac😀', template: '<\\g<0>>' },
      { pattern: '^(.)|$', text: 'ab\n', template: '[\\1]' },
    ];
    replaceInPython(questions).forEach((replaced, index) => {
      const { pattern, text: given, template } = questions[index]!;
      expect(compilePattern(pattern).replace(given, template) === replaced, pattern).to.equal(true);
    });
  });
});

function compare(questions: readonly Question[], prefix = ''): void {
  const verdicts = askPython(questions);
  let compared = 0;
  questions.forEach((question, index) => {
    const own = answerOf(question);
    if ('refused' in own) return;
    compared += 1;
    const verdict = verdicts[index]!;
    const shown = `${prefix}${JSON.stringify(question)}`;
    if ('error' in verdict || 'error' in own) {
      expect('error' in own, `${shown}: ${JSON.stringify(verdict)} and here ${JSON.stringify(own)}`).to.equal(
        'error' in verdict,
      );
      return;
    }
    // What a group holds may not be told here.
    const told =
      verdict.span !== null && own.span !== null
        ? { ...verdict, groups: verdict.groups.map((group, at) => (own.groups[at] === '?' ? '?' : group)) }
        : verdict;
    expect(own, shown).to.deep.equal(told);
  });
  expect(compared / questions.length).to.be.above(0.7);
}

const atom = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'A', 'é', '1', ' ', '-', ']', '=', '{', '}', ',', '😀') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '.',
      '^',
      '$',
      '\\A',
      '\\Z',
      '\\b',
      '\\B',
      '\\d',
      '\\D',
      '\\w',
      '\\W',
      '\\s',
      '\\S',
      '\\n',
      '\\1',
      '\\2',
      '\\07',
      '\\.',
      '\\/',
      '\\101',
      '(?P=n)',
      '\\x41',
      '\\q',
      '#',
      '\\-',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '[]a]',
      '[^]a]',
      '[^]]',
      '[[a]',
      '[a-c]',
      '[\\w-]',
      '[^\\W]',
      '[\\]b]',
      '[a\\S]',
      '[b-a]',
      '[^a',
      '[^ab]',
      '[\\b]',
      '[é-ü]',
      '[-a]',
      '[a^]',
    ),
  },
);
const suffix = fc.constantFrom(
  '*',
  '+',
  '?',
  '{2}',
  '{,2}',
  '{1,}',
  '{1,2}',
  '{',
  '{}',
  '{,}',
  '{a}',
  '*?',
  '+?',
  '??',
  '*+',
  '?+',
  '{2,1}',
);

const { pattern: patternArbitrary } = fc.letrec<{ pattern: string; inner: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 8, arbitrary: atom },
    {
      weight: 5,
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            '(',
            '(',
            '(?:',
            '(?P<n>',
            '(?=',
            '(?!',
            '(?<=',
            '(?<!',
            '(?>',
            '(?i:',
            '(?s:',
            '(?m:',
            '(?x:',
            '(?-i:',
            '(?#',
            '(?',
          ),
          tie('inner'),
        )
        .map(([open, inner]) => `${open}${inner})`),
    },
    { weight: 4, arbitrary: fc.tuple(tie('piece'), suffix).map((pair) => pair.join('')) },
  ),
  inner: fc
    .array(fc.oneof({ weight: 8, arbitrary: tie('piece') }, { weight: 1, arbitrary: fc.constant('|') }), {
      minLength: 0,
      maxLength: 4,
    })
    .map((pieces) => pieces.join('')),
  pattern: fc
    .tuple(fc.constantFrom('', '', '', '', '(?i)', '(?m)', '(?s)', '(?x)', '(?a)', '(?im)'), tie('inner'))
    .map((pair) => pair.join('')),
}));

const textArbitrary = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'A',
      'B',
      'é',
      'É',
      '1',
      ' ',
      '-',
      ']',
      '[',
      '=',
      '\n',
      '{',
      ',',
      '😀',
      '#',
      '\r',
      '\u2028',
      'ſ',
      'K',
    ),
    {
      maxLength: 8,
    },
  )
  .map((chars) => chars.join(''));
