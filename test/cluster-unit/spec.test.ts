import { expect } from 'chai';
import { clusterSpec, type ClusterSpec } from '../../src/cluster/spec.js';
import { ConfigurationError } from '../../src/errors.js';
import type { Inventory, Sourced } from '../../src/inventory/model.js';
import { Template, type Loaded } from '../../src/template/template.js';

type Vars = Record<string, Loaded>;

const position = { file: 'inventory/demo.yml', line: 3, col: 5 };

describe('clusterSpec', () => {
  it('reads name, range, hosts, login and virtual addresses', () => {
    const spec = specOf(
      { lb1: { ansible_host: '10.77.0.11' }, web1: { ansible_host: '10.77.0.21', ansible_user: 'deploy' } },
      {
        cluster_name: 'demo',
        vip: '10.77.0.100',
        keepalived: { addresses: ['10.77.0.101/24', '192.0.2.1'] },
      },
    );
    expect(spec).to.deep.equal({
      name: 'demo',
      subnet: '10.77.0.0/24',
      gateway: '10.77.0.1',
      hosts: [
        { name: 'lb1', address: '10.77.0.11', user: 'admin', suite: undefined },
        { name: 'web1', address: '10.77.0.21', user: 'deploy', suite: undefined },
      ],
      reserved: ['10.77.0.100', '10.77.0.101'],
    } satisfies ClusterSpec);
  });

  it('is called after the inventory file when nothing else is said', () => {
    expect(specOf({ web1: { ansible_host: '10.77.0.21' } }, {}, 'inventory/My Site.yml').name).to.equal(
      'my-site',
    );
  });

  it('takes the gateway that no host and no virtual address has', () => {
    const spec = specOf({ a: { ansible_host: '10.77.0.1' } }, { vip: '10.77.0.2' });
    expect(spec.gateway).to.equal('10.77.0.3');
  });

  it('takes a wider range and a release of a host', () => {
    const spec = specOf(
      { a: { ansible_host: '10.77.0.11', cluster_suite: 'bookworm' }, b: { ansible_host: '10.77.9.11' } },
      { cluster_subnet: '10.77.0.0/16' },
    );
    expect(spec.subnet).to.equal('10.77.0.0/16');
    expect(spec.hosts.map((host) => host.suite)).to.deep.equal(['bookworm', undefined]);
  });

  it('takes an address as the name, and leaves the controller out', () => {
    const local = { ansible_connection: 'local' };
    // A name that is an address holds dots, which a machine's name does not.
    expect(() => specOf({ '10.77.0.9': {}, localhost: local })).to.throw(
      ConfigurationError,
      /name of a machine/,
    );
    expect(
      specOf({ a: { ansible_host: '10.77.0.9' }, localhost: local }).hosts.map((host) => host.name),
    ).to.deep.equal(['a']);
  });

  const wrong: readonly [title: string, hosts: Record<string, Vars>, all: Vars, message: RegExp][] = [
    ['no hosts', {}, {}, /holds no hosts/],
    [
      'a name instead of an address',
      { web1: { ansible_host: 'web1.example.org' } },
      {},
      /not an IPv4 address/,
    ],
    ['no address at all', { web1: {} }, {}, /"web1" is not an IPv4 address/],
    [
      'an address outside of the range',
      { a: { ansible_host: '10.78.0.1' } },
      { cluster_subnet: '10.77.0.0/24' },
      /outside of/,
    ],
    ['the broadcast address', { a: { ansible_host: '10.77.0.255' } }, {}, /broadcast/],
    [
      'two hosts with one address',
      { a: { ansible_host: '10.77.0.5' }, b: { ansible_host: '10.77.0.5' } },
      {},
      /a has it/,
    ],
    ['a login as root', { a: { ansible_host: '10.77.0.5', ansible_user: 'root' } }, {}, /unprivileged/],
    ['another port', { a: { ansible_host: '10.77.0.5', ansible_port: 2222 } }, {}, /port 22, not on 2222/],
    [
      'an unknown release',
      { a: { ansible_host: '10.77.0.5', cluster_suite: 'woody' } },
      {},
      /no such release/,
    ],
    [
      'a range that is none',
      { a: { ansible_host: '10.77.0.5' } },
      { cluster_subnet: '10.77' },
      /not a range/,
    ],
    [
      'a range of the whole net',
      { a: { ansible_host: '10.77.0.5' } },
      { cluster_subnet: '0.0.0.0/0' },
      /not a range/,
    ],
    [
      'a name with a slash',
      { a: { ansible_host: '10.77.0.5' } },
      { cluster_name: '../x' },
      /name of a cluster/,
    ],
    ['a template', { a: { ansible_host: new Template('<%= x %>', position) } }, {}, /must be written out/],
  ];
  for (const [title, hosts, all, message] of wrong) {
    it(`refuses ${title}`, () => {
      expect(() => specOf(hosts, all)).to.throw(ConfigurationError, message);
    });
  }

  it('says where the wrong value was written', () => {
    try {
      specOf({ a: { ansible_host: 'nowhere' } });
      expect.fail('should have been refused');
    } catch (error) {
      expect((error as ConfigurationError).position).to.deep.equal(position);
      expect((error as ConfigurationError).host).to.equal('a');
    }
  });
});

function specOf(hosts: Record<string, Vars>, all: Vars = {}, source = 'inventory/demo.yml'): ClusterSpec {
  const inventory: Inventory = {
    sources: [source],
    dir: 'inventory',
    hosts: new Map(
      Object.entries(hosts).map(([name, vars]) => [name, { name, groups: [], vars: sourced(vars) }]),
    ),
    groups: new Map([
      [
        'all',
        {
          name: 'all',
          children: [],
          hosts: Object.keys(hosts),
          vars: sourced(all),
          folderVars: new Map(),
          depth: 0,
          priority: 1,
        },
      ],
    ]),
  };
  return clusterSpec(inventory, (host) => inventory.hosts.get(host)!.vars);
}

function sourced(vars: Vars): Map<string, Sourced> {
  return new Map(Object.entries(vars).map(([name, value]) => [name, { value, position }]));
}
