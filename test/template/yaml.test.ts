import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigurationError, formatPosition } from '../../src/errors.js';
import { Template, Vaulted, type Loaded } from '../../src/template/template.js';
import type { TreeNode } from '../../src/template/yaml-tree.js';
import { loadYaml, type KeptTrees } from '../../src/template/yaml.js';

const load = (text: string): unknown => loadYaml(text, 'f.yml').value;
const failure = (text: string): ConfigurationError => {
  try {
    loadYaml(text, 'f.yml');
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error(`no error for ${text}`);
};
const where = (error: ConfigurationError): string =>
  error.position ? formatPosition(error.position) : 'nowhere';

describe('loadYaml', () => {
  it('reads scalars as Ansible users expect them', () => {
    expect(
      load(
        [
          'mode: 0644',
          'quoted: "0644"',
          'number: 644',
          'zero: 0',
          'minus: -3',
          'float: 1.5',
          'hex: 0x1F',
          'yes1: yes',
          'no1: No',
          'on: on',
          'off: OFF',
          'y: y',
          'nothing:',
          'tilde: ~',
          'time: 12:30:45',
          'day: 2024-01-02',
          'huge: 12345678901234567890',
        ].join('\n'),
      ),
    ).to.deep.equal({
      mode: 420,
      quoted: '0644',
      number: 644,
      zero: 0,
      minus: -3,
      float: 1.5,
      hex: 31,
      yes1: true,
      no1: false,
      on: true,
      off: false,
      y: 'y',
      nothing: null,
      tilde: null,
      time: 45045,
      day: '2024-01-02',
      huge: '12345678901234567890',
    });
  });

  it('keeps keys as they are written', () => {
    expect(load('1: a\non: b\n"yes": c\n')).to.deep.equal({ '1': 'a', on: 'b', yes: 'c' });
  });

  it('gives a Template for a string with <%, and its exact place', () => {
    const value = load('a:\n  b: <%= x %>\n  c: "  <%= y %>"\n') as { a: Record<string, Template> };
    expect(value.a['b']).to.be.instanceOf(Template);
    expect(value.a['b']!.source).to.equal('<%= x %>');
    expect(formatPosition(value.a['b']!.position)).to.equal('f.yml:2:6');
    expect(formatPosition(value.a['c']!.position)).to.equal('f.yml:3:7');
    expect(formatPosition(value.a['c']!.positionAt(6))).to.equal('f.yml:3:13');
  });

  const marked: [string, string, string][] = [
    ['plain', 'a: one <%= MARK %>\n', '1:12'],
    ['plain over lines', 'a: one\n  two <%= MARK %>\n', '2:11'],
    ['single quotes', "a: 'it''s <%= MARK %>'\n", '1:15'],
    ['single quotes over lines', "a: 'one\n\n  two <%= MARK %>'\n", '3:11'],
    ['double quotes', 'a: "x\\n\\u0041\\t <%= MARK %>"\n', '1:21'],
    ['double quotes with a continued line', 'a: "one \\\n   two <%= MARK %>"\n', '2:12'],
    ['literal block', 'a: |\n  one\n\n    two <%= MARK %>\n', '4:13'],
    ['literal block with indicator and comment', 'a: |2- # text\n    one\n  two <%= MARK %>\n', '3:11'],
    ['folded block', 'a: >-\n  one\n  two\n\n  three <%= MARK %>\n', '5:13'],
    ['in a flow', 'a: [1, "<%= MARK %>"]\n', '1:13'],
    ['after an emoji escape', 'a: "\\U0001F600 <%= MARK %>"\n', '1:20'],
  ];
  for (const [name, text, expected] of marked) {
    it(`finds a place inside of a template: ${name}`, () => {
      const templates: Template[] = [];
      const walk = (value: unknown): void => {
        if (value instanceof Template) templates.push(value);
        else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
      };
      walk(load(text));
      const template = templates[0]!;
      const { line, col } = template.positionAt(template.source.indexOf('MARK'));
      expect(`${line}:${col}`).to.equal(expected);
    });
  }

  it('places a block scalar at its first line of text', () => {
    const value = load('a: |\n\n    <%= x %>\n') as { a: Template };
    expect(formatPosition(value.a.positionAt(1))).to.equal('f.yml:3:5');
  });

  it('knows anchors and merge keys', () => {
    const text =
      'base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\na:\n  <<: [*b, *m]\n  x: 9\nlist: &l [1]\nsame: *l\n';
    expect(load(text)).to.deep.include({ a: { y: 2, z: 4, x: 9 }, same: [1] });
  });

  it('takes "<<" in quotes for a plain key', () => {
    expect(load('"<<": 1')).to.deep.equal({ '<<': 1 });
  });

  it('shares what an alias names instead of copying it', () => {
    const levels = Array.from({ length: 40 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}]`);
    const value = load(['l0: &l0 [x]', ...levels].join('\n')) as Record<string, unknown[]>;
    expect(value['l40']![0]).to.equal(value['l40']![1]);
  });

  it('refuses aliases that lead into themselves', () => {
    expect(failure('a: &a [*a]').message).to.contain('inside of what it names');
    expect(failure('a: &a\n  <<: *a\n').message).to.contain('merges itself');
    expect(failure('a:\n  <<: &b\n    <<: *b\n').message).to.contain('merges itself');
  });

  it('does not let __proto__ change the map', () => {
    const value = load('__proto__: {polluted: true}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
    expect(Object.keys(value)).to.deep.equal(['__proto__']);
  });

  it('freezes what it gives', () => {
    const value = load('a: [{b: 1}]') as { a: { b: number }[] };
    expect(() => value.a.push({ b: 2 })).to.throw(TypeError);
    expect(Object.isFrozen(value.a[0])).to.equal(true);
  });

  it('never compiles !unsafe', () => {
    const value = load('a: !unsafe "<%= x %>"\nb: !unsafe\n  c: ["<%= y %>"]\nd: !unsafe ["<%= z %>"]\n');
    expect(value).to.deep.equal({ a: '<%= x %>', b: { c: ['<%= y %>'] }, d: ['<%= z %>'] });
  });

  it('compiles nothing of a file that is data', () => {
    expect(loadYaml('a: "<%= x %>"', 'f.yml', { trust: 'data' }).value).to.deep.equal({ a: '<%= x %>' });
  });

  it('keeps a !vault value for later and opens it once', () => {
    let opened = 0;
    const text = 'a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n';
    const { value } = loadYaml(text, 'f.yml', { openVault: (cipher) => `${(opened += 1)} ${cipher.length}` });
    const vaulted = (value as Record<string, Vaulted>)['a']!;
    expect(vaulted).to.be.instanceOf(Vaulted);
    expect(vaulted.source).to.equal('$ANSIBLE_VAULT;1.1;AES256\n6162\n');
    expect(opened).to.equal(0);
    expect([vaulted.open(), vaulted.open()]).to.deep.equal(['1 31', '1 31']);
    expect((load(text) as Record<string, Vaulted>)['a']!.open()).to.equal(undefined);
  });

  it('tells where values and keys are', () => {
    const document = loadYaml('a:\n  - name: x\n    deep: {k: v}\n  - |\n    text\nempty:\n', 'f.yml');
    const show = (path: (string | number)[]): string[] => [
      formatPosition(document.at(path)),
      formatPosition(document.keyAt(path)),
    ];
    expect(show(['a'])).to.deep.equal(['f.yml:2:3', 'f.yml:1:1']);
    expect(show(['a', 0])).to.deep.equal(['f.yml:2:5', 'f.yml:2:5']);
    expect(show(['a', 0, 'deep', 'k'])).to.deep.equal(['f.yml:3:15', 'f.yml:3:12']);
    expect(show(['a', 1])).to.deep.equal(['f.yml:5:5', 'f.yml:5:5']);
    expect(show(['empty'])).to.deep.equal(['f.yml:6:1', 'f.yml:6:1']);
    expect(show(['a', 0, 'nope', 'k'])).to.deep.equal(['f.yml:2:5', 'f.yml:2:5']);
    expect(show([])).to.deep.equal(['f.yml:1:1', 'f.yml:1:1']);
  });

  it('knows an empty file', () => {
    expect(loadYaml('', 'f').isEmpty).to.equal(true);
    expect(loadYaml('---\n# nothing\n', 'f').isEmpty).to.equal(true);
    expect(loadYaml('~', 'f').isEmpty).to.equal(false);
    expect(loadYaml('', 'f').value).to.equal(null);
  });

  const wrong: [string, string, string, RegExp][] = [
    ['a key given twice', 'a: 1\nb: 2\na: 3\n', 'f.yml:3:1', /given twice/],
    ['a tab', 'a:\n\tb: 1\n', 'f.yml:2:1', /tab/],
    ['two documents', 'a: 1\n---\nb: 2\n', 'f.yml:2:1', /several documents/],
    ['an open bracket', 'a: [1, 2\nb: 3\n', 'f.yml:2:1', /./],
    ['an unknown tag', 'a: !foo x\n', 'f.yml:1:4', /tag/],
    ['an alias without anchor', 'a: *x\n', 'f.yml:1:4', /alias/],
    ['a map as a key', '{a: 1}: 2\n', 'f.yml:1:1', /cannot be a key/],
    ['a missing key', ': 2\n', 'f.yml:1:1', /key is missing/],
    ['a bad escape', 'a: "\\q"\n', 'f.yml:1:5', /escape/],
    ['a merge of no map', 'a:\n  <<: 1\n', 'f.yml:2:3', /list of maps/],
  ];
  for (const [name, text, at, message] of wrong) {
    it(`refuses ${name}, with its place and a hint`, () => {
      const error = failure(text);
      expect(where(error)).to.equal(at);
      expect(error.message).to.match(message);
      expect(error.hint).to.be.a('string').that.is.not.empty;
    });
  }

  it('tells to quote a template that YAML trips over', () => {
    expect(failure('a: <%= x ? { b: 1 } : 2 %>\n').hint).to.contain('quotes');
  });

  it('reads back what was written (property)', () => {
    const leaf = fc.oneof(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('<%')),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string({ maxLength: 6 }), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(load(stringify(value, { version: '1.1' }))).to.deep.equal(value);
        expect(load(JSON.stringify(value))).to.deep.equal(value);
      }),
    );
  });

  it('reads the same from a tree that was kept, and finds the same places (property)', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(
          'a',
          '<%= x %>',
          'two\nlines <%= y %>\n',
          'yes',
          '0644',
          '~',
          '',
          1,
          -0.5,
          true,
          null,
        ),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('a', 'yes', '1', '__proto__', 'no'), tie('tree'), {
          noNullPrototype: true,
        }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const kept = jsonTrees();
        const text = stringify(value, { version: '1.1' });
        const [first, again] = [loadYaml(text, 'f.yml', { kept }), loadYaml(text, 'f.yml', { kept })];
        expect(kept.hits()).to.equal(1);
        expect(shown(again.value)).to.equal(shown(first.value));
        for (const path of pathsIn(first.value)) {
          expect([again.at(path), again.keyAt(path)]).to.deep.equal([first.at(path), first.keyAt(path)]);
          expect(again.placesOf(path)(1)).to.deep.equal(first.placesOf(path)(1));
        }
      }),
    );
  });

  it('keeps no tree that JSON would change, nor of what is wrong', () => {
    for (const text of ['a: &x 1\nb: *x\n', 'a: .inf\n', 'a: .nan\n']) {
      const kept = jsonTrees();
      loadYaml(text, 'f.yml', { kept });
      loadYaml(text, 'f.yml', { kept });
      expect([text, kept.hits()]).to.deep.equal([text, 0]);
    }
    const kept = jsonTrees();
    for (let time = 0; time < 2; time += 1)
      expect(() => loadYaml('a: 1\na: 2\n', 'f.yml', { kept })).to.throw(/twice/);
    expect(kept.hits()).to.equal(0);
  });

  it('places each character of any quoted template (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (before) => {
        const text = `k: ${JSON.stringify(`${before}<%= MARK %>`)}`;
        const template = (load(text) as { k: Template }).k;
        expect(template.positionAt(template.source.lastIndexOf('MARK')).col).to.equal(
          text.lastIndexOf('MARK') + 1,
        );
      }),
    );
  });
});

/** Trees that have been written down and read again. */
function jsonTrees(): KeptTrees & { hits: () => number } {
  const trees = new Map<string, string>();
  let hits = 0;
  return {
    get(text) {
      const tree = trees.get(text);
      if (tree === undefined) return undefined;
      hits += 1;
      return JSON.parse(tree) as TreeNode | null;
    },
    put: (text, root) => void trees.set(text, JSON.stringify(root)),
    hits: () => hits,
  };
}

function shown(value: Loaded): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one instanceof Template ? [one.source, one.position, one.positionAt(1)] : one,
  );
}

/** The paths of all values within one. */
function pathsIn(value: Loaded): (string | number)[][] {
  if (typeof value !== 'object' || value === null || value instanceof Template) return [[]];
  const entries: [string | number, Loaded][] = Array.isArray(value)
    ? [...(value as readonly Loaded[]).entries()]
    : Object.entries(value);
  return [[], ...entries.flatMap(([key, inner]) => pathsIn(inner).map((path) => [key, ...path]))];
}
