import { expect } from 'chai';
import ejs from 'ejs';
import fc from 'fast-check';
import { evaluate } from '../../src/template/evaluate.js';
import { freeVariables } from '../../src/template/free-variables.js';
import { renderFile } from '../../src/template/render.js';
import { checkExpressionSyntax, checkFileSyntax, checkSyntax } from '../../src/template/syntax.js';
import type { Loaded } from '../../src/template/template.js';
import { loadYaml } from '../../src/template/yaml.js';
import { expression, failureOf, scopeOf, template, whereOf } from './support.js';

describe('checkSyntax', () => {
  it('accepts what is good, deep in a value, without running it', () => {
    const { value } = loadYaml(
      'a: ["<%= process.exit(1) %>", {b: "x <% if (1) { %>y<% } %>"}]\nc: 1\n',
      'f.yml',
    );
    expect(() => checkSyntax(value)).not.to.throw();
  });

  const wrong: [string, string, RegExp][] = [
    ['a: "<%= x + %>"', '1:13', /not a valid template/],
    ['a: "<%= %>"', '1:8', /expression is missing/],
    ['a: "<%= a, b %>"', '1:8', /not several/],
    ['a: "<%= a b %>"', '1:11', /unexpected token/],
    ['a: "<%= a) + (b %>"', '1:10', /unexpected token/],
    ['a: "<%= a"', '1:5', /never closed/],
    ['a: "<%= a <%= b %>"', '1:5', /not closed before/],
    ['a: <%= a # b %>', '1:4', /never closed/],
    ['a: |\n  one\n  <% if (x) { %>\n  two\n', '3:15', /unexpected token/],
    ['a: |\n  <% return %>\n', '2:6', /return/],
    ['a: "<%= x | default(\'y\') %>"', '1:13', /unexpected token/],
  ];
  for (const [yaml, at, message] of wrong) {
    it(`places what is wrong in ${JSON.stringify(yaml)}`, () => {
      const error = failureOf(() => checkSyntax(loadYaml(yaml, 't.yml').value));
      expect(error.message).to.match(message);
      expect(whereOf(error)).to.equal(`t.yml:${at}`);
      expect(error.hint).to.be.a('string');
    });
  }

  it('tells people who write Jinja what the same is in JavaScript', () => {
    expect(failureOf(() => checkExpressionSyntax(expression('a is defined and b'))).hint).to.contain(
      "defined('x')",
    );
    expect(failureOf(() => checkSyntax(template("<%= a | default('x') %>"))).hint).to.contain('??');
  });

  it('checks template files', () => {
    expect(whereOf(failureOf(() => checkFileSyntax('one\n<% for (x of y { %>\n', 't.ejs')))).to.equal(
      't.ejs:2:16',
    );
    expect(() => checkFileSyntax('<% switch (x) {\n case 1: %>a<% } %>', 't.ejs')).not.to.throw();
  });

  it('accepts statements if and only if EJS does (property)', () => {
    const piece = fc.constantFrom(
      '<% if (a) { %>',
      '<% } else { %>',
      '<% } %>',
      '<% } -%>',
      '<% for (const x of [1]) { %>',
      '<%= a %>',
      '<%- a; -%>',
      '<%# c %>',
      'text',
      '\n',
      ' ',
      '<%_ if (a) { _%>',
      '<% switch (a) { -%>',
      '<% case 1: %>',
      '<% if (a) %>',
      '<% else %>',
      '<% // c %>',
      '<%= a // c %>',
      '<%%',
      '%%>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
        // A text at the end: EJS's own return would complete an open `if (a)`.
        const source = `${pieces.join('')}.`;
        expect(
          accepts(() => checkFileSyntax(source, 'f')),
          source,
        ).to.equal(accepts(() => compileAlone(source)));
      }),
      { numRuns: 2000 },
    );
  });

  it('renders what EJS renders (property)', () => {
    const piece = fc.constantFrom(
      '<% if (a) { %>',
      '<% } %>',
      '<% } -%>',
      '<% for (const x of [1, 2]) { _%>',
      '<%= a %>',
      '<%- a; -%>',
      '<%# c %>',
      '<%# c -%>',
      'text',
      '\n',
      '\r\n',
      ' ',
      '\t',
      '<%_ if (a) { _%>',
      '<% const y = 1 %>',
      '<%%',
      '%%>',
      '"',
      '\\',
      '`${a}`',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const source = pieces.join('');
        fc.pre(accepts(() => checkFileSyntax(source, 'f')));
        const expected = ejs.render(source, { a: '<&>' }, { escape: String });
        expect(renderFile(source, 'f', scopeOf({ a: '<&>' })), source).to.equal(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

// Without what EJS puts around the statements, which a stray brace could close.
function compileAlone(source: string): void {
  ejs.compile(source, { _with: false, compileDebug: false });
}

function accepts(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

describe('freeVariables', () => {
  const free = (of: Loaded): string[] => [...freeVariables(of)].sort();
  it('finds what an expression takes from outside', () => {
    expect([...freeVariables(expression('a.b + c[d] + (() => e)().f + `${g}`'))].sort()).to.deep.equal([
      'a',
      'c',
      'd',
      'e',
      'g',
    ]);
    expect([...freeVariables(expression('({k: 1, [m]: n, o})'))].sort()).to.deep.equal(['m', 'n', 'o']);
  });
  it('leaves out what it declares itself', () => {
    const source =
      '<% for (const h of hosts) { let {p, q: [r = s]} = h; var t = 1 %><%= h + p + r + t %><% } %>' +
      '<%= list.map(({ x, ...rest }, y = z) => x + rest + y) %><% function f(n) { try { f(n) } catch (e) { e } } %><%= h2 %>';
    expect(free(template(source))).to.deep.equal(['h2', 'hosts', 'list', 's', 'z']);
  });
  it('looks into lists and maps', () => {
    expect(free([template('<%= a %>'), { b: template('x <%= c %>') }, 'd'])).to.deep.equal(['a', 'c']);
  });
  it('knows that a block ends', () => {
    expect(free(template('<% { const a = 1; } %><%= a %>'))).to.deep.equal(['a']);
  });
});

describe('evaluate', () => {
  it('gives the value of an expression', () => {
    const scope = scopeOf({ a: 1, list: ['x'] });
    expect(evaluate(expression('a === 1 && list.includes("x")'), scope)).to.equal(true);
    expect(evaluate(expression("defined('a') && !defined('b')"), scope)).to.equal(true);
    expect(evaluate(expression("vars.b ?? 'd'"), scope)).to.equal('d');
    expect(evaluate(expression("'a' in vars && !('b' in vars)"), scope)).to.equal(true);
    expect(evaluate(expression('Object.keys(vars).length'), scope)).to.equal(2);
    expect(evaluate(expression('// why\n a'), scope)).to.equal(1);
    expect(evaluate(expression('{}.x'), scope)).to.equal(undefined);
  });
  it('places errors', () => {
    const error = failureOf(() => evaluate(expression('a == 1 &&\n  nope.x'), scopeOf({ a: 1 })));
    expect(whereOf(error)).to.equal('t.yml:2:3');
    const deep = failureOf(() =>
      evaluate(expression('r.stdout.trim() == ""'), scopeOf({ r: { stdot: '' } })),
    );
    expect(deep.message).to.equal('"r.stdout" is undefined, so it has no "trim" (did you mean "stdot"?)');
  });
  it('follows the given places', () => {
    const document = loadYaml('when: "a\\t&& nope"', 'f.yml');
    const positionAt = document.placesOf(['when']);
    const given = { source: 'a\t&& nope', position: positionAt(0), positionAt };
    expect(whereOf(failureOf(() => evaluate(given, scopeOf({ a: 1 }))))).to.equal('f.yml:1:14');
  });
});
