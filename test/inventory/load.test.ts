import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigurationError, formatPosition } from '../../src/errors.js';
import { findJinjaInInventory } from '../../src/inventory/find-jinja.js';
import { loadInventory } from '../../src/inventory/load.js';
import type { Inventory } from '../../src/inventory/model.js';
import { hostVariables } from '../../src/inventory/variables.js';
import { renderValue } from '../../src/template/render.js';
import { Template } from '../../src/template/template.js';
import { createSecrets } from '../../src/variables/secrets.js';
import { scopeOf } from '../template/support.js';
import { seal } from '../variables/seal.js';
import { failureOf, loadFrom } from './support.js';

describe('loadInventory', () => {
  it('tells where each value was written', async () => {
    const inventory = await loadFrom({
      'hosts.yml': 'web:\n  vars: {a: 1}\n  hosts:\n    web[1:2]:\n      b: "<%= a %>"\n',
      'group_vars/all.yml': 'c: 3\n',
      'host_vars/web2/x.yml': '# first\nd: [1]\n',
    });
    const vars = hostVariables(inventory, 'web2');
    const places = [...vars].map(([name, { position }]) => [
      name,
      position && formatPosition(position).replace(/.*\/(?=(?:group|host)_vars)/, ''),
    ]);
    expect(Object.fromEntries(places)).to.deep.equal({
      a: 'hosts.yml:2:13',
      b: 'hosts.yml:5:10',
      c: 'group_vars/all.yml:1:4',
      d: 'host_vars/web2/x.yml:2:4',
    });
    expect(vars.get('b')!.value).to.be.instanceOf(Template);
  });

  it('orders the groups of a host from the weakest to the strongest', async () => {
    const inventory = await loadFrom({
      'hosts.yml': `all:
  children:
    top: {children: {mid: {children: {low: {hosts: {h: }}}}}}
    zeta: {hosts: {h: }}
    alpha: {vars: {ansible_group_priority: 5}, hosts: {h: }}
    beta: {hosts: {h: }}
`,
    });
    expect(inventory.hosts.get('h')!.groups).to.deep.equal(['beta', 'top', 'zeta', 'alpha', 'mid', 'low']);
    expect(inventory.groups.get('low')!.depth).to.equal(3);
    expect(inventory.groups.get('alpha')!.priority).to.equal(5);
    expect(hostVariables(inventory, 'h').has('ansible_group_priority')).to.equal(false);
  });

  it('puts hosts without a group into ungrouped', async () => {
    const inventory = await loadFrom({ hosts: 'a\nb\n[g]\nb\n' });
    expect(inventory.groups.get('ungrouped')!.hosts).to.deep.equal(['a']);
    expect(inventory.hosts.get('a')!.groups).to.deep.equal(['ungrouped']);
    expect(inventory.hosts.get('b')!.groups).to.deep.equal(['g']);
  });

  it('takes templates from INI files and none from scripts', async () => {
    const script =
      '#!/bin/sh\necho \'{"g": {"hosts": ["s"], "vars": {"v": "<%= x %>"}}, "_meta": {"hostvars": {"s": {"w": ["<%= x %>"]}}}}\'\n';
    const inventory = await loadFrom(
      { hosts: 'i v="<%= x %>"\n', 'more/dyn.sh': { text: script, mode: 0o755 } },
      ['hosts', 'more'],
    );
    const render = (host: string, name: string): unknown =>
      renderValue(hostVariables(inventory, host).get(name)!.value, scopeOf({ x: 7 }));
    expect(render('i', 'v')).to.equal(7);
    expect(render('s', 'v')).to.equal('<%= x %>');
    expect(render('s', 'w')).to.deep.equal(['<%= x %>']);
    const { position } = hostVariables(inventory, 'i').get('v')!.value as Template;
    expect(formatPosition(position)).to.equal('hosts:1:5');
  });

  it('opens vaults: whole files at once, values when they are used', async () => {
    const secrets = createSecrets();
    const value = seal('value-secret', 'p').replace(/^/gm, '  ');
    const inventory = await loadFrom(
      {
        'hosts.yml': 'all: {hosts: {h: }}\n',
        'group_vars/all/vault.yml': seal('file: file-secret\n', 'p'),
        'group_vars/all/z.yml': `one: !vault |\n${value}\n`,
      },
      ['hosts.yml'],
      { secrets, vaultPassword: 'p' },
    );
    const vars = hostVariables(inventory, 'h');
    expect(vars.get('file')!.value).to.equal('file-secret');
    expect([...secrets.values]).to.deep.equal(['file-secret']);
    expect(renderValue(vars.get('one')!.value, scopeOf())).to.equal('value-secret');
    expect([...secrets.values]).to.include('value-secret');
  });

  it('reads a file without an extension as what it looks like', async () => {
    expect([...(await loadFrom({ hosts: '---\nall:\n  hosts:\n    y:\n' })).hosts.keys()]).to.deep.equal([
      'y',
    ]);
    expect([...(await loadFrom({ hosts: '# c\nweb:\n  hosts:\n    y:\n' })).hosts.keys()]).to.deep.equal([
      'y',
    ]);
    expect([...(await loadFrom({ hosts: '# c\nweb\n' })).hosts.keys()]).to.deep.equal(['web']);
  });

  it('keeps the folder of the first source', async () => {
    const inventory = await loadFrom({ 'inv/hosts': 'a\n' }, ['inv', 'b,']);
    expect(inventory.dir).to.match(/\/inv$/);
    expect(inventory.sources).to.deep.equal(['inv', 'b,']);
  });

  it('reads 2000 hosts in little time', async () => {
    const began = process.cpuUsage();
    const inventory = await loadFrom({
      'hosts.yml': `all:\n  children:\n    g:\n      hosts:\n${Array.from({ length: 2000 }, (_, i) => `        h${i}: {a: ${i}, b: x}\n`).join('')}`,
    });
    for (const host of inventory.hosts.keys()) hostVariables(inventory, host);
    expect(inventory.hosts.size).to.equal(2000);
    // Processor time: how long a busy machine takes says nothing.
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1000).to.be.below(3000);
  });

  const wrong: [string, Record<string, string>, string, RegExp][] = [
    [
      'an unknown key of a group',
      { 'h.yml': 'all:\n  host:\n    a:\n' },
      'h.yml:2:3',
      /unknown key "host" \(did you mean "hosts"\?\)/,
    ],
    [
      'a host right below a group',
      { 'h.yml': 'web:\n  web1:\n    a: 1\n' },
      'h.yml:2:3',
      /unknown key "web1"/,
    ],
    ['hosts without a group', { 'h.yml': 'hosts:\n  a:\n' }, 'h.yml:1:1', /name of a group/],
    ['a list of hosts', { 'h.yml': 'all:\n  hosts:\n    - a\n' }, 'h.yml:2:3', /must be mapping/],
    [
      'a value as the variables of a host',
      { 'h.yml': 'all:\n  hosts:\n    a: 5\n' },
      'h.yml:3:5',
      /must be mapping or nothing/,
    ],
    ['a list as an inventory', { 'h.yml': '- a\n' }, 'h.yml:1:1', /map of groups/],
    ['an inventory plugin', { 'h.yml': 'plugin: aws_ec2\n' }, 'h.yml:1:1', /plugins are not supported/],
    ['a wrong range', { 'h.yml': 'all:\n  hosts:\n    a[3:1]:\n' }, 'h.yml:3:5', /ends before it begins/],
    [
      'a circle of groups',
      { 'h.yml': 'a: {hosts: {h: }, children: {b: }}\nb: {children: {a: }}\n' },
      'h.yml:2:16',
      /below itself: a > b > a/,
    ],
    ['a group below itself', { hosts: '[a]\nx\n[a:children]\na\n' }, 'hosts:4:1', /below itself/],
    [
      'a reserved name',
      { 'h.yml': 'all:\n  vars:\n    groups: 1\n  hosts: {a: }\n' },
      'h.yml:3:13',
      /"groups" is a name with a meaning/,
    ],
    [
      'a reserved name in group_vars',
      { 'h.yml': 'all: {hosts: {a: }}\n', 'group_vars/all.yml': 'hostvars: 1\n' },
      'group_vars/all.yml:1:11',
      /"hostvars"/,
    ],
    [
      'a priority that is no number',
      { 'h.yml': 'a:\n  vars:\n    ansible_group_priority: high\n' },
      'h.yml:3:29',
      /whole number/,
    ],
    [
      'a group_vars file that is a list',
      { 'h.yml': 'all: {hosts: {a: }}\n', 'group_vars/all': '- 1\n' },
      'group_vars/all:1:1',
      /map of names/,
    ],
    ['YAML that is none', { 'h.yml': 'all: [\n' }, 'h.yml:2:1', /not valid YAML/],
    [
      'an unknown section',
      { hosts: '[web:var]\na=1\n' },
      'hosts:1:1',
      /unknown kind of section "var" \(did you mean "vars"\?\)/,
    ],
    ['a section with blanks', { hosts: '[my web]\na\n' }, 'hosts:1:1', /is no section/],
    [
      'variables of a group that is nowhere',
      { hosts: '[web]\na\n[wbe:vars]\nx=1\n' },
      'hosts:3:1',
      /"wbe", which is declared nowhere \(did you mean "web"\?\)/,
    ],
    [
      'a child that is nowhere',
      { hosts: '[web]\na\n[s:children]\nweb\nwebs\n' },
      'hosts:5:1',
      /"webs", which is declared nowhere/,
    ],
    ['a word that is no assignment', { hosts: 'a x=1 y\n' }, 'hosts:1:7', /"y" stands where key=value/],
    ['an open quote', { hosts: '\n  a x="1\n' }, 'hosts:2:7', /never closed/],
    ['a variable without a value', { hosts: 'a\n[all:vars]\nx\n' }, 'hosts:3:1', /key=value/],
    ['a port that is none', { hosts: 'a:99999\n' }, 'hosts:1:1', /no port/],
  ];
  for (const [name, files, at, message] of wrong) {
    it(`refuses ${name}`, async () => {
      const error = await failureOf(loadFrom(files));
      expect(error.message).to.match(message);
      expect(error.position && formatPosition(error.position).replace(/.*\/(?=group_vars)/, '')).to.equal(at);
    });
  }

  it('refuses what is not there, and what holds no host', async () => {
    expect((await failureOf(loadFrom({ x: '' }, ['gone.yml']))).message).to.match(/gone\.yml cannot be read/);
    expect((await failureOf(loadFrom({ x: '' }, ['web1']))).hint).to.contain('"web1,"');
    expect((await failureOf(loadFrom({ 'x.yml': '' }))).message).to.equal(
      'the inventory holds no host: x.yml',
    );
    expect((await failureOf(loadFrom({ x: '' }, []))).message).to.match(/no inventory/);
  });

  const scripts: [string, string, RegExp][] = [
    ['fails', 'echo "it broke" >&2; exit 3', /ended with exit code 3/],
    ['prints no JSON', 'echo hello', /cannot be read as JSON/],
    ['prints a list', 'echo "[]"', /is not a map/],
    ['has hosts that are no list', `echo '{"g": {"hosts": "a"}}'`, /hosts of g are not a list/],
    ['has an unknown key', `echo '{"g": {"host": []}}'`, /has the key "host"/],
  ];
  for (const [name, body, message] of scripts) {
    it(`refuses a script that ${name}`, async () => {
      const error = await failureOf(loadFrom({ 's.sh': { text: `#!/bin/sh\n${body}\n`, mode: 0o755 } }));
      expect(error.message).to.match(message);
      expect(error.position?.file).to.match(/s\.sh$/);
      if (name === 'fails') expect(error.detail).to.deep.equal(['it broke']);
    });
  }
});

describe('Jinja in an inventory', () => {
  const found = async (...args: Parameters<typeof loadFrom>): Promise<string[]> =>
    findJinjaInInventory(await loadFrom(...args)).map(
      ({ name, owner, position }) => `${owner} ${name} ${position.line}:${position.col}`,
    );

  it('is seen at any depth, once, with its place', async () => {
    expect(
      await found({
        'hosts.yml':
          'web:\n  vars: {a: [{b: "x {{ c }}"}], d: "<%= e %>{{ f }}"}\n  hosts:\n    w[1:2]: {g: "{% if h %}"}\n',
        'group_vars/web.yml': 'i:\n  j: |\n    one\n    {{ two }}\n',
        'host_vars/w1.yml': 'k: !unsafe [{l: "{{.Names}}"}]\n',
      }),
    ).to.deep.equal(['web a[0].b 2:21', 'web d 2:45', 'web i.j 4:5', 'w1 g 4:18']);
    expect(await found({ hosts: 'w a="{{ b }}" c="[\'{{ d }}\']"\n[all:vars]\ne={{ f }}\n' })).to.deep.equal([
      'all e 3:3',
      'w a 1:5',
      'w c[0] 1:17',
    ]);
  });

  it('of a script is data only where that says so', async () => {
    const answer = {
      g: { hosts: ['h'], vars: { a: ['{{ b }}'], c: { __ansible_unsafe: '{{.Names}}' } } },
      _meta: { hostvars: {} },
    };
    const text = `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`;
    const files = { 'dyn.sh': { text, mode: 0o755 } };
    expect(await found(files)).to.deep.equal(['g a[0] 1:1']);
    expect(hostVariables(await loadFrom(files), 'h').get('c')!.value).to.equal('{{.Names}}');
  });

  it('is never taken as a value', async () => {
    const inventory = await loadFrom({ 'hosts.yml': 'all: {hosts: {h: {a: [{b: "{{ c }}"}]}}}\n' });
    expect(() => renderValue(hostVariables(inventory, 'h').get('a')!.value, scopeOf({}))).to.throw(
      ConfigurationError,
      /this is Jinja/,
    );
  });
});

describe('what ansible-inventory only warns of', () => {
  const warned = async (
    ...[files, sources, options]: Parameters<typeof loadFrom>
  ): Promise<[Inventory, string[]]> => {
    const warnings: string[] = [];
    const warn = (message: string): unknown => warnings.push(message);
    return [await loadFrom(files, sources, { ...options, warn }), warnings];
  };

  it('a key that is given twice: the last counts', async () => {
    const [inventory, warnings] = await warned({
      'hosts.yml': 'all:\n  vars: {a: 1, b: {c: 2, c: 3}}\n  hosts: {h: }\n',
      'group_vars/all.yml': 'd: 4\nd: 5\n',
    });
    const vars = hostVariables(inventory, 'h');
    expect([vars.get('b')!.value, vars.get('d')!.value]).to.deep.equal([{ c: 3 }, 5]);
    expect(warnings[0]).to.equal(
      'hosts.yml:2:26: the key "c" is given twice in one map; the last one counts',
    );
    expect(warnings[1]).to.match(/group_vars\/all\.yml:2:1: the key "d"/);
  });

  it('a host and a group of one name, and no host at all', async () => {
    const [inventory, warnings] = await warned({ hosts: '[web]\nweb\nother\n' });
    expect([...inventory.hosts.keys()]).to.deep.equal(['web', 'other']);
    expect(warnings).to.deep.equal([
      '"web" is the name of a host and of a group: as a pattern it means the group',
    ]);
    const [empty, said] = await warned({ hosts: '[web]\n' }, ['hosts'], { mayBeEmpty: true });
    expect([empty.groups.has('web'), empty.hosts.size, said]).to.deep.equal([
      true,
      0,
      ['the inventory holds no host: hosts'],
    ]);
  });

  it('a comma in the path of a file, and a file of a folder that is not there', async () => {
    const [inventory] = await warned({ 'a,b/hosts': 'h\n', 'a,b/group_vars/all.yml': 'v: 1\n' }, [
      'a,b/hosts',
    ]);
    expect([...inventory.hosts.keys()]).to.deep.equal(['h']);
    expect(hostVariables(inventory, 'h').get('v')!.value).to.equal(1);
    const cwd = mkdtempSync(join(tmpdir(), 'inventory-'));
    mkdirSync(join(cwd, 'inv'));
    writeFileSync(join(cwd, 'inv', 'hosts'), 'h\n');
    symlinkSync('nowhere', join(cwd, 'inv', 'gone'));
    const warnings: string[] = [];
    const found = await loadInventory(['inv'], {
      cwd,
      secrets: createSecrets(),
      warn: (one) => warnings.push(one),
    });
    rmSync(cwd, { recursive: true });
    expect([...found.hosts.keys()]).to.deep.equal(['h']);
    expect(warnings.join()).to.match(/^inv\/gone cannot be read and is left out: /);
  });
});
