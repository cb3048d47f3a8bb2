import { expect } from 'chai';
import { findJinja, findJinjaInTemplate } from '../../src/template/jinja.js';

describe('findJinja', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['http://{{ host }}/', 7],
    ['{{x}}', 0],
    ['{%- if x %}a{% endif %}', 0],
    ['a {# a remark #}', 2],
    ['{% set x = 1 %}\n{{ x }}', 0],
    ['{{ over\nlines }}', 0],
    ['{{.Names}}', 0],
    ['${HOME} { a }', undefined],
    ['{{ never closed', undefined],
    ['}} {{', undefined],
    ['${#list[@]} #}', undefined],
    ['{%Y-%m-%d} 100%}', undefined],
    ['{"a": {"b": {}}}', undefined],
  ];
  for (const [text, offset] of cases)
    it(JSON.stringify(text), () => expect(findJinja(text)).to.equal(offset));

  it('takes time that grows with the length alone', () => {
    const before = performance.now();
    findJinja('{{ '.repeat(1_000_000) + '{% if '.repeat(100_000) + '{# '.repeat(1_000_000));
    expect(performance.now() - before).to.be.below(2000);
  });
});

describe('findJinjaInTemplate', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['<%= a %>-{{ b }}', 9],
    ['{{ <%= a %> }}', 0],
    ["<%= '{{ a }}' %>", undefined],
    ['<% if (x) { %>{{ a }}<% } %>', 14],
    ['<%# raw %>{{ a }}', undefined],
    ['<%# raw -%>{{ a }}<%# endraw -%>{{ b }}', 32],
    ['<%# {{ a }} %>', undefined],
    ['<%= {{ a }}', undefined],
  ];
  for (const [source, offset] of cases)
    it(source, () => expect(findJinjaInTemplate(source)).to.equal(offset));
});
