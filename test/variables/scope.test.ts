import { expect } from 'chai';
import fc from 'fast-check';
import { formatPosition } from '../../src/errors.js';
import { compilations } from '../../src/template/compile.js';
import { EvaluationError, UndefinedVariableError } from '../../src/template/failure.js';
import { evaluate, renderValue } from '../../src/template/render.js';
import { PendingValue, type Scope } from '../../src/template/scope.js';
import type { Loaded, Sourced } from '../../src/template/template.js';
import { loadYaml } from '../../src/template/yaml.js';
import { explainVariable } from '../../src/variables/explain.js';
import type { Layer, Level } from '../../src/variables/layers.js';
import { createScope, extendScope, watchReads, type Binding } from '../../src/variables/scope.js';
import { expression, failureOf, template, whereOf } from '../template/support.js';

function layer(level: Level, yaml: string, file = `${level}.yml`): Layer {
  const document = loadYaml(yaml, file);
  const vars = Object.entries((document.value ?? {}) as Record<string, Loaded>).map(
    ([name, value]): [string, Sourced] => [name, { value, position: document.at([name]) }],
  );
  return { level, vars: new Map(vars) };
}

function scopeOf(...layers: Layer[]): Scope {
  return createScope({ layers, magic: { inventory_hostname: () => 'web1' } });
}

const given = (values: Record<string, unknown>): Map<string, Binding> =>
  new Map(Object.entries(values).map(([name, value]) => [name, { give: () => value }]));
const bound = (yaml: string): ReadonlyMap<string, Binding> => layer('task vars', yaml).vars;

describe('createScope', () => {
  it('lets the strongest level win, whole', () => {
    const scope = scopeOf(
      layer('role defaults', 'a: 1\nm: {x: 1, y: 2}\nonly: default'),
      layer('inventory', 'a: 2\nm: {x: 9}'),
      layer('extra vars', 'a: 3'),
    );
    expect(scope.get('a')).to.equal(3);
    expect(scope.get('m')).to.deep.equal({ x: 9 });
    expect(scope.get('only')).to.equal('default');
    expect([...scope.names()].sort()).to.deep.equal(['a', 'inventory_hostname', 'm', 'only']);
    expect([scope.has('a'), scope.has('nope')]).to.deep.equal([true, false]);
  });

  it('renders a variable with those of all levels, at its first use only', () => {
    const scope = scopeOf(
      layer('role defaults', 'url: "http://<%= name %>:<%= port %>/"\nbad: "<%= nowhere %>"'),
      layer('inventory', 'name: "<%= inventory_hostname %>.local"\nport: 80'),
    );
    expect(scope.get('url')).to.equal('http://web1.local:80/');
    expect(() => scope.get('bad')).to.throw(UndefinedVariableError);
  });

  it('gives magic names before all levels', () => {
    expect(scopeOf(layer('extra vars', 'inventory_hostname: other')).get('inventory_hostname')).to.equal(
      'web1',
    );
  });

  it('places an undefined variable in the template that uses it, and tells what that was wanted for', () => {
    const scope = scopeOf(layer('inventory', 'a: "x <%= b %>"\nb: "<%= c %>!"\n', 'g.yml'));
    const error = failureOf(() => renderValue(template('<%= a %>'), scope));
    expect(error).to.be.instanceOf(UndefinedVariableError);
    expect(whereOf(error)).to.equal('g.yml:2:9');
    expect(error.detail).to.deep.equal([
      'used in the variable "b" (g.yml:2:4)',
      'used in the variable "a" (g.yml:1:4)',
    ]);
  });

  it('shows the whole circle when variables are defined in terms of themselves', () => {
    const scope = scopeOf(
      layer('inventory', 'a: "<%= b %>"\nb: "<%= c %>"\nc: "<%= a %>"\nd: "<%= a %>"', 'g.yml'),
    );
    const error = failureOf(() => scope.get('d'));
    expect(error.message).to.equal('the variable "a" is defined in terms of itself');
    expect(error.detail).to.deep.equal(['a (g.yml:1:4)', 'b (g.yml:2:4)', 'c (g.yml:3:4)', 'a (g.yml:1:4)']);
    expect(scopeOf(layer('inventory', 'a: "<%= vars.a ?? 1 %>"')).has('a')).to.equal(true);
    expect(() => scopeOf(layer('inventory', 'a: "<%= vars.a ?? 1 %>"')).get('a')).to.throw(
      'in terms of itself',
    );
  });

  it('can be used again after a failure', () => {
    const scope = scopeOf(layer('inventory', 'a: "<%= b %>"\nb: "<%= nope %>"\nc: 1\nd: "<%= c %>"'));
    expect(() => scope.get('a')).to.throw(EvaluationError);
    expect(() => scope.get('a')).to.throw('undefined variable "nope"');
    expect(scope.get('d')).to.equal(1);
  });

  it('lets pending values through and tries again', () => {
    let ready = false;
    const scope = createScope({
      layers: [layer('inventory', 'a: "<%= ansible_facts.kernel %>"')],
      magic: {
        ansible_facts: () => {
          if (!ready) throw new PendingValue('facts');
          return { kernel: '6.1' };
        },
      },
    });
    expect(() => scope.get('a')).to.throw(PendingValue);
    ready = true;
    expect(scope.get('a')).to.equal('6.1');
  });
});

describe('extendScope', () => {
  const base = (): Scope =>
    scopeOf(layer('inventory', 'path: "<%= dir %>/<%= item %>"\ndir: "<%= root %>/d"\nroot: /r\nitem: none'));

  it('renders what lies below with the new names', () => {
    const scope = base();
    expect(scope.get('path')).to.equal('/r/d/none');
    const inner = extendScope(scope, given({ item: 'x' }));
    expect(inner.get('path')).to.equal('/r/d/x');
    expect(extendScope(inner, bound('root: /q')).get('path')).to.equal('/q/d/x');
    expect(inner.get('path')).to.equal('/r/d/x');
    expect(scope.get('path')).to.equal('/r/d/none');
  });

  it('does not render again what the new names do not touch', () => {
    let reads = 0;
    const scope = createScope({
      layers: [layer('inventory', 'dir: "<%= root() %>"\npath: "<%= dir %>/<%= item %>"')],
      magic: {},
      functions: { root: () => `/r${(reads += 1)}` },
    });
    const paths = [1, 2, 3].map((item) => extendScope(scope, given({ item })).get('path'));
    expect(paths).to.deep.equal(['/r1/1', '/r1/2', '/r1/3']);
  });

  it('sees values that come and change after it was made', () => {
    const live = new Map<string, Binding>();
    const scope = extendScope(
      scopeOf(layer('inventory', 'a: "<%= vars.r ?? 0 %>"\nb: "<%= a + 1 %>"')),
      live,
    );
    expect([scope.get('a'), scope.get('b')]).to.deep.equal([0, 1]);
    live.set('r', { give: () => 5 });
    expect([scope.get('a'), scope.get('b')]).to.deep.equal([5, 6]);
    live.set('r', { give: () => 7 });
    expect([scope.get('a'), scope.get('b')]).to.deep.equal([7, 8]);
    live.delete('r');
    expect([scope.get('a'), scope.get('b')]).to.deep.equal([0, 1]);
    expect(extendScope(scope, bound('x: 1')).get('b')).to.equal(1);
  });

  it('does not keep what hostvars gave', () => {
    let other = 1;
    const scope = createScope({
      layers: [layer('inventory', 'a: "<%= hostvars.db.x %>"')],
      magic: { hostvars: () => ({ db: { x: other } }) },
    });
    expect(scope.get('a')).to.equal(1);
    other = 2;
    expect(scope.get('a')).to.equal(2);
  });

  it('does not take a variable of another scope of the same host for a circle', () => {
    const scope: Scope = createScope({
      layers: [layer('inventory', 'port: 80')],
      magic: { hostvars: () => ({ web1: { port: scope.get('port') } }) },
    });
    const inner = extendScope(scope, bound('port: "<%= hostvars.web1.port + 1 %>"'));
    expect(inner.get('port')).to.equal(81);
    expect(() => extendScope(scope, bound('port: "<%= port %>"')).get('port')).to.throw('in terms of itself');
  });

  it('gives the same as a scope that keeps nothing (property)', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    // Each variable uses only names after it, so that there is no circle.
    const text = (index: number): fc.Arbitrary<string> =>
      fc
        .array(
          fc.oneof(
            fc.constantFrom('x', 'y'),
            fc.constantFrom(...names.slice(index + 1), 'z').map((name) => `<%= vars.${name} ?? "-" %>`),
          ),
          { minLength: 1, maxLength: 3 },
        )
        .map((pieces) => pieces.join(''));
    const vars = fc.tuple(...names.map((_, index) => fc.option(text(index), { nil: undefined })));
    const toYaml = (texts: readonly (string | undefined)[]): string =>
      names
        .map((name, index) =>
          texts[index] === undefined ? '' : `${name}: ${JSON.stringify(texts[index])}\n`,
        )
        .join('');
    const build = (levels: readonly (readonly (string | undefined)[])[]): Scope =>
      levels
        .slice(1)
        .reduce<Scope>(
          (scope, one) => extendScope(scope, bound(toYaml(one))),
          scopeOf(layer('inventory', toYaml(levels[0]!))),
        );
    fc.assert(
      fc.property(
        fc.array(vars, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(3), fc.constantFrom(...names)), { maxLength: 12 }),
        (levels, reads) => {
          const shared = [scopeOf(layer('inventory', toYaml(levels[0]!)))];
          for (const one of levels.slice(1)) shared.push(extendScope(shared.at(-1)!, bound(toYaml(one))));
          for (const [depth, name] of reads) {
            const level = depth % levels.length;
            expect(shared[level]!.get(name)).to.equal(build(levels.slice(0, level + 1)).get(name));
          }
        },
      ),
    );
  });
});

describe('trust by origin, through variables', () => {
  const hostile = fc
    .array(fc.oneof(fc.constantFrom('<%= process.exit(1) %>', '<% throw 1 %>', '<%', '%>'), fc.string()), {
      minLength: 1,
    })
    .map((pieces) => pieces.join(''));

  it('never compiles facts, results, items, extra vars or what a script said (property)', () => {
    const layers = [
      layer(
        'role defaults',
        'motd: "<%= fact %> <%= result.stdout %> <%= item %> <%= given %>"\nmap: {k: ["<%= result %>"]}',
      ),
    ];
    // Compiled once before, so that a further compilation could only be of data.
    const file = '<%= motd %>|<%= toJson(map) %>|<%= hostvars.web1.fact %>';
    const check = (data: string): string => {
      const magic = { fact: () => data, hostvars: () => ({ web1: { fact: data } }) };
      const extra: Layer = {
        level: 'extra vars',
        vars: new Map([['given', { value: data, position: undefined }]]),
      };
      const scope = extendScope(
        createScope({ layers: [...layers, extra], magic }),
        given({ result: { stdout: data }, item: data }),
      );
      return renderValue(template(file), scope) as string;
    };
    check('warm');
    const before = compilations();
    fc.assert(
      fc.property(hostile, (data) => {
        const motd = `${data} ${data} ${data} ${data}`;
        expect(check(data)).to.equal(`${motd}|${JSON.stringify({ k: [{ stdout: data }] })}|${data}`);
      }),
    );
    expect(compilations()).to.deep.equal(before);
  });

  it('keeps data as data when set_fact passes it on', () => {
    const scope = scopeOf(layer('task vars', 'copy: "<%= evil %>"\nwrapped: {in: ["<%= evil %>"]}'));
    const outer = extendScope(scope, given({ evil: '<%= process.exit(1) %>' }));
    const facts = given({ copy: outer.get('copy'), wrapped: outer.get('wrapped') });
    const next = extendScope(scope, facts);
    expect(renderValue(template('<%= copy %> <%= wrapped.in[0] %>'), next)).to.equal(
      '<%= process.exit(1) %> <%= process.exit(1) %>',
    );
    expect(evaluate(expression('copy === wrapped.in[0]'), next)).to.equal(true);
  });
});

describe('explainVariable', () => {
  it('shows every level that sets it, the winner first', () => {
    const layers = [
      layer('role defaults', 'port: 80'),
      layer('inventory', 'x: 1'),
      layer('play vars', '\nport: "<%= x %>"'),
    ];
    const explained = explainVariable('port', layers);
    expect(
      explained.map(({ level, winner, position }) => [level, winner, position && formatPosition(position)]),
    ).to.deep.equal([
      ['play vars', true, 'play vars.yml:2:7'],
      ['role defaults', false, 'role defaults.yml:1:7'],
    ]);
    expect(explainVariable('nope', layers)).to.deep.equal([]);
  });
});

describe('watchReads', () => {
  const scope = (): Scope =>
    createScope({
      layers: [layer('inventory', 'a: "<%= b + 1 %>"\nb: 1\nc: "<%= hostvars.web2 %>"')],
      magic: { inventory_hostname: () => 'web1', hostvars: () => ({ web2: 'x' }) },
    });

  it('tells what was read, and what that was made of, kept or not', () => {
    const base = scope();
    for (let time = 0; time < 2; time += 1) {
      const reads = watchReads(base);
      const item = extendScope(base, given({ item: 'i' }));
      evaluate(expression("a + item + inventory_hostname + (vars.nowhere ?? '')"), item);
      const { names, changing } = reads();
      expect([...names].sort()).to.deep.equal(['a', 'b', 'inventory_hostname', 'item', 'nowhere']);
      expect(changing).to.equal(false);
    }
  });

  it('tells of what changes while a run goes on, and of lists of all names', () => {
    for (const source of ['c', 'hostvars.web2', 'Object.keys(vars).length', '[a].map(() => c)']) {
      const base = scope();
      const reads = watchReads(base);
      evaluate(expression(source), base);
      expect([source, reads().changing]).to.deep.equal([source, true]);
    }
  });

  it('ends, also behind an error', () => {
    const base = scope();
    const reads = watchReads(base);
    expect(() => evaluate(expression('nowhere'), base)).to.throw();
    expect([...reads().names]).to.deep.equal(['nowhere']);
    evaluate(expression('a'), base);
    expect([...reads().names]).to.deep.equal(['nowhere']);
  });
});
