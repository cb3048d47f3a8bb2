import { expect } from 'chai';
import { checkSyntax, checkExpressionSyntax } from '../../src/template/syntax.js';
import { renderValue } from '../../src/template/render.js';
import { plainScope } from '../../src/template/scope.js';
import { Template } from '../../src/template/template.js';

describe('expressions in parentheses', () => {
  const position = { file: 'a.yml', line: 1, col: 1 };

  for (const [source, value] of [
    ['<%= (1) %>', 1],
    ['<%= ({ a: 1 }) %>', { a: 1 }],
    ['<%= ((a) || (b)) %>', 2],
  ] as const) {
    it(source, () => {
      const template = new Template(source, position);
      expect(() => checkSyntax(template)).not.to.throw();
      expect(renderValue(template, plainScope({ a: 0, b: 2 }))).to.deep.equal(value);
    });
  }

  it('are conditions too', () => {
    expect(() => checkExpressionSyntax({ source: '(a || b)', position })).not.to.throw();
  });

  it('that do not close are still refused', () => {
    expect(() => checkSyntax(new Template('<%= (1)) %>', position))).to.throw(/unexpected token/i);
  });
});
