import { expect } from 'chai';
import { ProvisionError, formatPosition } from '../../src/errors.js';
import { machineSpecs, type MachineSpecs } from '../../src/vagrant/machines.js';
import { loadFrom } from '../inventory/support.js';
import { settingsFrom } from './support.js';

async function specsOf(files: Readonly<Record<string, string>>, source?: string): Promise<MachineSpecs> {
  const inventory = await loadFrom(files, [source ?? Object.keys(files)[0]!]);
  return machineSpecs(inventory, settingsFrom(inventory));
}

async function problemOf(yaml: string): Promise<string> {
  try {
    await specsOf({ 'hosts.yml': yaml });
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    const place = error.position === undefined ? '' : `${formatPosition(error.position)}: `;
    return `${error.host ?? ''}: ${place}${error.message}`;
  }
  return 'nothing is wrong';
}

describe('machines for Vagrant', () => {
  it('are made of a YAML inventory, with templates and variables of groups', async () => {
    const specs = await specsOf({
      'hosts.yml': `all:
  vars: { net: 10.5.6, vip: 10.5.6.1, vagrant_memory: 512 }
  children:
    web:
      hosts:
        web_1: { ansible_host: "<%= net %>.21" }
        web2: { ansible_host: "<%= net %>.22", vagrant_box: debian-12 }
      vars: { vagrant_memory: 2048, vagrant_cpus: 2 }
  hosts:
    db: { ansible_host: 203.0.113.7, internal_address: 10.5.6.41 }
    localhost: { ansible_connection: local }
`,
    });
    expect(specs.subnet).to.equal('10.5.6.0/24');
    // .1 is an address that somebody mentions
    expect(specs.gateway).to.equal('10.5.6.2');
    const rows = specs.machines.map((one) => [
      one.name,
      one.hostname,
      one.address,
      one.box.lxc,
      one.memory,
      one.cpus,
    ]);
    expect(rows).to.have.deep.members([
      ['web_1', 'web-1', '10.5.6.21', 'provision/debian-13', 2048, 2],
      ['web2', 'web2', '10.5.6.22', 'provision/debian-12', 2048, 2],
      ['db', 'db', '10.5.6.41', 'provision/debian-13', 512, 1],
    ]);
  });

  it('are made of an INI inventory and of a folder with host_vars', async () => {
    const ini = await specsOf({
      hosts: '[web]\nweb[1:2] vagrant_box=ubuntu-24.04\n\n[web:vars]\nx=1\n',
      'host_vars/web1.yml': 'ansible_host: 10.1.2.3',
      'host_vars/web2.yml': 'ansible_host: 10.1.9.3\nvagrant_address: 10.1.2.4',
    });
    expect(ini.machines.map((one) => one.address)).to.deep.equal(['10.1.2.3', '10.1.2.4']);
    expect(ini.machines[0]!.box).to.deep.equal({
      virtualbox: 'bento/ubuntu-24.04',
      libvirt: 'cloud-image/ubuntu-24.04',
      lxc: 'provision/ubuntu-24.04',
    });
    const folder = await specsOf(
      { 'site/a.yml': 'all: { hosts: { 10.1.2.3: {} } }', 'site/group_vars/all.yml': 'vagrant_cpus: 3' },
      'site',
    );
    expect(folder.machines[0]).to.include({ name: '10.1.2.3', address: '10.1.2.3', cpus: 3 });
  });

  it('share one network, as wide as their addresses need', async () => {
    const specs = await specsOf({
      'h.yml': 'all: { hosts: { a: { ansible_host: 10.1.2.3 }, b: { ansible_host: 10.1.7.3 } } }',
    });
    expect(specs.subnet).to.equal('10.1.0.0/21');
    expect(specs.gateway).to.equal('10.1.0.1');
  });

  it('take any box that Vagrant has a name or an address for', async () => {
    const specs = await specsOf({
      'h.yml': 'all: { hosts: { a: { ansible_host: 10.1.2.3, vagrant_box: acme/hardened } } }',
    });
    expect(specs.machines[0]!.box.libvirt).to.equal('acme/hardened');
  });

  for (const [yaml, problem] of [
    ['{ web1: {} }', /^web1: the host has no address$/],
    [
      '{ web1: { ansible_host: www.example.com } }',
      /^web1: hosts\.yml:1:\d+: ansible_host is "www\.example\.com", which is not an IPv4 address$/,
    ],
    [
      '{ web1: { ansible_host: "<%= ansible_default_ipv4.address %>" } }',
      /^web1: hosts\.yml:1:\d+: ansible_host depends on a fact of web1, and the machine is not made yet$/,
    ],
    ['{ web1: { ansible_host: "<%= adress %>" } }', /undefined variable "adress"/],
    [
      '{ web1: { ansible_host: 10.1.2.3, vagrant_box: debian-31 } }',
      /^web1: hosts\.yml:1:\d+: there is no box "debian-31" \(did you mean "debian-13"\?\)/,
    ],
    [
      '{ web1: { ansible_host: 10.1.2.3, vagrant_memory: 1 GB } }',
      /^web1: hosts\.yml:1:\d+: vagrant_memory is a whole number above 0, not "1 GB"$/,
    ],
    [
      '{ web1: { ansible_host: 10.1.2.3, vagrant_cpus: [2] } }',
      /^web1: .*vagrant_cpus is a text or a number/,
    ],
    [
      '{ web1: { ansible_host: 10.1.2.3 }, web2: { ansible_host: 10.1.2.3 } }',
      /^web2: the host cannot have the address 10\.1\.2\.3: web1 has it$/,
    ],
    ['{ web1: { ansible_host: 10.1.2.255 } }', /^web1: .*the network 10\.1\.2\.0\/24 needs it for itself$/],
    [
      '{ a: { ansible_host: 10.1.2.3 }, b: { ansible_host: 10.2.2.3 } }',
      /^b: a \(10\.1\.2\.3\) and b \(10\.2\.2\.3\) are too far apart/,
    ],
    ['{ web+1: { ansible_host: 10.1.2.3 } }', /cannot be the name of a machine/],
    ['{ localhost: {} }', /holds no host to build/],
  ] as const) {
    it(`refuse ${yaml}`, async () => {
      expect(await problemOf(`all: { hosts: ${yaml} }`)).to.match(problem);
    });
  }
});
