import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { compilations } from '../../src/template/compile.js';
import { UndefinedVariableError } from '../../src/template/failure.js';
import { renderFile, renderText, renderValue } from '../../src/template/render.js';
import { PendingValue, type Scope } from '../../src/template/scope.js';
import { Vaulted, type Loaded } from '../../src/template/template.js';
import { loadYaml } from '../../src/template/yaml.js';
import { failureOf, scopeOf, template, whereOf } from './support.js';

const render = (source: string, values: Record<string, unknown> = {}): unknown =>
  renderValue(template(source), scopeOf(values));
const text = (source: string, values: Record<string, unknown> = {}): string =>
  renderFile(source, 'templates/t.ejs', scopeOf(values));

describe('renderValue', () => {
  it('keeps the type of a value that is one expression', () => {
    expect(render('<%= a %>', { a: [1, 2] })).to.deep.equal([1, 2]);
    expect(render('<%- a %>', { a: { b: 1 } })).to.deep.equal({ b: 1 });
    expect(render('<%= a + 1; %>', { a: 1 })).to.equal(2);
    expect(render('<%= a === 1 // yes %>', { a: 1 })).to.equal(true);
    expect(render('<%= null %>')).to.equal(null);
    expect(render('<%= vars.nope %>')).to.equal(undefined);
    expect(render('<%= "a" + "b" -%>')).to.equal('ab');
  });

  it('gives text as soon as there is more than the expression', () => {
    expect(render(' <%= a %>', { a: 1 })).to.equal(' 1');
    expect(render('<%= a %><%= b %>', { a: 1, b: true })).to.equal('1true');
    expect(render('<%# nothing %>')).to.equal('');
  });

  it('renders deep and leaves alone what holds no template', () => {
    const { value } = loadYaml('a: ["<%= x %>", {b: "<%= x %>!"}]\nplain: [1, {c: d}]\n', 'f.yml');
    const rendered = renderValue(value, scopeOf({ x: 1 })) as Record<string, unknown>;
    expect(rendered).to.deep.equal({ a: [1, { b: '1!' }], plain: [1, { c: 'd' }] });
    expect(rendered['plain']).to.equal((value as Record<string, unknown>)['plain']);
  });

  it('keeps a key called __proto__ a key', () => {
    const { value } = loadYaml('__proto__: "<%= x %>"', 'f.yml');
    const rendered = renderValue(value, scopeOf({ x: 'y' })) as object;
    expect(Object.getOwnPropertyDescriptor(rendered, '__proto__')?.value).to.equal('y');
    expect(Object.getPrototypeOf(rendered)).to.equal(Object.prototype);
  });

  it('opens vaulted values and never compiles them', () => {
    const position = { file: 'f.yml', line: 1, col: 1 };
    expect(renderValue(new Vaulted('$V', position, () => '<%= 1 %>'), scopeOf())).to.equal('<%= 1 %>');
    expect(renderText(new Vaulted('$V', position, () => '<%= 1 %>'), scopeOf())).to.equal('<%= 1 %>');
    expect(failureOf(() => renderValue(new Vaulted('$V', position), scopeOf())).hint).to.contain(
      '--vault-password-file',
    );
  });

  it('compiles a source once, however often it is rendered', () => {
    render('once: <%= a %> and <% if (a) { %>x<% } %>', { a: 0 });
    const before = compilations();
    for (let a = 0; a < 50; a += 1) render('once: <%= a %> and <% if (a) { %>x<% } %>', { a });
    expect(compilations()).to.deep.equal(before);
  });
});

describe('renderText', () => {
  it('inserts strings, numbers and booleans as they are, without escaping', () => {
    expect(
      renderText(template('<%= a %> <%- a %> <%= 1.5 %> <%= true %>'), scopeOf({ a: `<&"'>` })),
    ).to.equal(`<&"'> <&"'> 1.5 true`);
    expect(renderText(template('<%= 42 %>'), scopeOf())).to.equal('42');
  });

  const refused: [string, Record<string, unknown>, RegExp, string][] = [
    ['x <%= a.b %>', { a: {} }, /^"a\.b" is undefined$/, '1:7'],
    ['x <%= a %>', { a: null }, /^"a" is null$/, '1:7'],
    ['x <%= a.nam %>', { a: { name: 1 } }, /did you mean "name"/, '1:7'],
    ['x <%= 1 %> <%= a %>', { a: [1] }, /is a list/, '1:16'],
    ['x <%= a %>', { a: { b: 1 } }, /is a map/, '1:7'],
    ['x <%= a %>', { a: NaN }, /is NaN/, '1:7'],
    ['x <%= quote %>', {}, /was not called/, '1:7'],
    ['x\n<%= a.b.c %>', { a: {} }, /^"a\.b" is undefined, so it has no "c"$/, '2:5'],
    ['x <%= a.bc.d %>', { a: { b: 1 } }, /"a\.bc" is undefined.*did you mean "b"/, '1:7'],
    ['x <%= a[k].d %>', { a: {}, k: 'z' }, /^"a\[k\]" is undefined, so it has no "d"$/, '1:7'],
    ['x <%= nope %>', { hope: 1 }, /undefined variable "nope" \(did you mean "hope"\?\)/, '1:7'],
    ['x <%= a\n + nope %>', { a: 1 }, /undefined variable "nope"/, '2:4'],
    ['x <%= a() %>', { a: 1 }, /a is not a function/, '1:7'],
    ['<% for (const h of hs) { %>\n<%= h.x.y %><% } %>', { hs: [{}] }, /"h\.x" is undefined/, '2:5'],
    ['1\n<% nope() %>\n', {}, /undefined variable "nope"/, '2:4'],
    ['<%= process.exit() %>!', {}, /undefined variable "process"/, '1:5'],
    ['<%= this.process.pid %>!', {}, /is undefined/, '1:5'],
    ['<%= Date.now() %>!', {}, /undefined variable "Date"/, '1:5'],
    ['<%= Math.random() %>!', {}, /not a function/, '1:5'],
    ['<% x = 1 %>', {}, /cannot be assigned/, '1:1'],
    ['<% throw new Error("because") %>', {}, /^because$/, '1:1'],
    ["<%= include('x') %>!", {}, /template files only/, '1:5'],
    ['<%= list.sort().join() %>!', { list: Object.freeze([2, 1]) }, /read only/, '1:5'],
  ];
  for (const [source, values, message, at] of refused) {
    it(`refuses ${JSON.stringify(source)} at its place`, () => {
      const error = failureOf(() => renderText(template(source), scopeOf(values)));
      expect(error.message).to.match(message);
      expect(whereOf(error)).to.equal(`t.yml:${at}`);
    });
  }

  it('names the undefined variable and says how to give a default', () => {
    const error = failureOf(() => render('<%= port %>', { prot: 1 }));
    expect(error).to.be.instanceOf(UndefinedVariableError);
    expect((error as UndefinedVariableError).variable).to.equal('port');
    expect(error.hint).to.contain("vars.port ?? 'a default'");
  });

  it('lets a pending value through untouched', () => {
    const pending = new PendingValue('result');
    const scope: Scope = {
      has: () => true,
      get: () => {
        throw pending;
      },
      names: () => ['r'],
    };
    for (const source of [
      '<%= r %>',
      'a <%= r.x %>',
      '<% if (r.changed) { %>x<% } %>',
      '<%= vars.r %>',
      "<%= defined('r') %>",
    ]) {
      let thrown: unknown;
      try {
        renderValue(template(source), scope);
      } catch (error) {
        thrown = error;
      }
      expect(thrown, source).to.equal(pending);
    }
  });
});

describe('renderFile', () => {
  it('does what EJS does with its tags', () => {
    const source =
      'a\n<% for (const x of xs) { -%>\n  - <%= x %>\n<% } -%>\n<%# gone %>end\n  <%_ if (true) { _%>  \nin\n<%_ } _%>\n<%% %%>\n';
    expect(text(source, { xs: [1, 2] })).to.equal('a\n  - 1\n  - 2\nend\nin\n<% %>\n');
  });

  it('keeps a "%>" in the text, which EJS would swallow', () => {
    expect(text('LogFormat "%h %>s <%= x %> %%>" -%>\n', { x: 1 })).to.equal('LogFormat "%h %>s 1 %>" -%>\n');
    expect(text('only %>s')).to.equal('only %>s');
  });

  it('keeps every character of the text (property)', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\\', '"', '`', '${x}', '\r\n', '\n', '%', '>', "'", '\u2028', '-%>', '%>'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const source = pieces.join('').replaceAll('<%', '').replaceAll('%%>', '');
        fc.pre(!source.includes('<%') && !source.includes('%%>'));
        expect(text(`${source}<%= x %>`, { x: '' })).to.equal(source);
        expect(text(source)).to.equal(source);
      }),
    );
  });

  it('keeps or leaves out the line break at the end as the file has it', () => {
    expect(text('a <%= 1 %>\n')).to.equal('a 1\n');
    expect(text('a <%= 1 %>')).to.equal('a 1');
  });

  describe('include', () => {
    let dir: string;
    before(() => {
      dir = mkdtempSync(path.join(tmpdir(), 'templates-'));
      writeFileSync(path.join(dir, 'part.ejs'), 'part <%= x %> <%= vars.extra ?? "none" %>\n');
      writeFileSync(path.join(dir, 'bad.ejs'), 'one\n<%= nope %>\n');
      writeFileSync(path.join(dir, 'loop.ejs'), "<%- include('loop') %>");
    });
    after(() => rmSync(dir, { recursive: true }));
    const main = (source: string): string =>
      renderFile(source, path.join(dir, 'main.ejs'), scopeOf({ x: '<%= 1 %>' }));

    it('renders another file of the same folder with the same variables and its own', () => {
      expect(main("<%- include('part.ejs') %><%- include('part', {extra: 1}) %>")).to.equal(
        'part <%= 1 %> none\npart <%= 1 %> 1\n',
      );
    });
    it('places errors in the included file', () => {
      expect(whereOf(failureOf(() => main("a <%- include('bad') %>")))).to.equal(
        `${path.join(dir, 'bad.ejs')}:2:5`,
      );
    });
    it('places a missing file and an endless inclusion at the include', () => {
      expect(failureOf(() => main("a\n <%- include('gone') %>")).message).to.contain('does not exist');
      expect(whereOf(failureOf(() => main("a\n <%- include('gone') %>")))).to.equal(
        `${path.join(dir, 'main.ejs')}:2:6`,
      );
      expect(failureOf(() => main("<%- include('loop') %>")).message).to.contain('without an end');
    });
  });
});

describe('trust by origin', () => {
  const attack = fc.oneof(
    fc.constantFrom(
      '<%= process.exit() %>',
      '<% throw 1 %>',
      '<%- include("/etc/passwd") %>',
      '<%',
      '%>',
      '<%%',
      '<%= x %>',
    ),
    fc.string(),
  );
  const hostile = fc.array(attack, { minLength: 1 }).map((pieces) => pieces.join(''));

  it('inserts data literally, wherever it comes from (property)', () => {
    fc.assert(
      fc.property(hostile, (data) => {
        const scope = scopeOf({ x: data, deep: { list: [data] }, item: data });
        expect(renderValue(template('<%= x %>'), scope)).to.equal(data);
        expect(renderValue(template('<%= deep %>'), scope)).to.deep.equal({ list: [data] });
        expect(renderText(template('a <%= x %> <%- deep.list[0] %> b'), scope)).to.equal(
          `a ${data} ${data} b`,
        );
        expect(renderFile('<% for (const d of deep.list) { %><%= d %><% } %>', 't.ejs', scope)).to.equal(
          data,
        );
        expect(renderFile('<%= toJson(x) %>', 't.ejs', scope)).to.equal(JSON.stringify(data));
      }),
    );
  });

  it('does not render what came out of a rendering (property)', () => {
    fc.assert(
      fc.property(hostile, (data) => {
        const once = renderValue(template('<%= x %>'), scopeOf({ x: data }));
        expect(renderValue(once as Loaded, scopeOf())).to.equal(data);
        expect(renderValue({ a: [once as string] }, scopeOf())).to.deep.equal({ a: [data] });
      }),
    );
  });

  it('takes data with a property like those of a template for data', () => {
    const fake = { source: '<%= process.exit() %>', position: { file: 'f', line: 1, col: 1 } };
    expect(renderValue(fake, scopeOf())).to.deep.equal(fake);
  });
});
