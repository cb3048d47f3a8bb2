import { expect } from 'chai';
import { connectionOf } from '../../src/inventory/connection.js';
import { parseSshConfig } from '../../src/inventory/ssh-config.js';
import { hostVariables } from '../../src/inventory/variables.js';
import type { SshTarget } from '../../src/transport/target.js';
import { withVagrantLogins } from '../../src/vagrant/overlay.js';
import { createScope } from '../../src/variables/scope.js';
import { loadFrom } from '../inventory/support.js';
import { settingsFrom } from './support.js';

/** An inventory for real machines: everything in it that could lead a rehearsal to them. */
const production = {
  'site/hosts.yml': `all:
  vars:
    ansible_user: root
    ansible_port: 2022
    ansible_ssh_common_args: -J jump@203.0.113.1 -o StrictHostKeyChecking=accept-new
    ansible_ssh_extra_args: -o HostName=203.0.113.99
    ansible_password: hunter22
    ansible_ssh_private_key_file: ~/.ssh/production
  hosts:
    web1: { ansible_host: 203.0.113.21, internal_address: 10.1.2.21, vagrant_address: 10.9.9.21 }
    web2: { ansible_ssh_host: 203.0.113.22, vagrant_address: 10.9.9.22 }
    control: { ansible_connection: local }
`,
  'site/host_vars/web1.yml': 'ansible_host: 203.0.113.20\nansible_ssh_port: 2023\n',
};
const login = {
  ssh: { host: '127.0.0.1', port: 2200, user: 'vagrant', identityFiles: ['/home/me/my site/key', '/second'] },
  knownHosts: "/home/me/my site/100%/it's/known_hosts",
};

async function targetsOf(): Promise<
  Record<string, { target: SshTarget; become: boolean | undefined; vars: unknown }>
> {
  const inventory = await loadFrom(production, ['site']);
  const rehearsal = withVagrantLogins(inventory, settingsFrom(inventory), new Map([['web1', login]]));
  return Object.fromEntries(
    ['web1', 'web2'].map((host) => {
      const vars = hostVariables(rehearsal, host);
      const scope = createScope({ layers: [{ level: 'inventory', vars }], magic: {} });
      const { target, become } = connectionOf(scope, host, {
        home: '/home/me',
        user: 'me',
        agentSocket: '/agent',
        sshConfig: [
          parseSshConfig(
            'Host *\n  ProxyJump other\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n',
            { file: '~/.ssh/config', include: () => [] },
          ),
        ],
      });
      return [
        host,
        {
          target: target as SshTarget,
          become,
          vars: { host: scope.get('ansible_host'), internal: vars.get('internal_address')?.value },
        },
      ];
    }),
  );
}

describe('an inventory with the machines of Vagrant', () => {
  it('logs in to the machine and to nothing else, strictly', async () => {
    const { web1 } = await targetsOf();
    expect(web1!.target).to.deep.equal({
      kind: 'ssh',
      name: 'web1',
      host: '127.0.0.1',
      port: 2200,
      user: 'vagrant',
      privateKeyFiles: ['/home/me/my site/key', '/second'],
      agentSocket: '/agent',
      identitiesOnly: true,
      knownHostsFiles: ["/home/me/my site/100%/it's/known_hosts", '/dev/null'],
      hostKeyChecking: 'yes',
      connectTimeout: 10,
      jumps: [],
    });
    // root's login needed no sudo; Vagrant's user does
    expect(web1!.become).to.equal(true);
  });

  it('keeps the addresses that the site is made of', async () => {
    const { web1 } = await targetsOf();
    expect(web1!.vars).to.deep.equal({ host: '10.9.9.21', internal: '10.9.9.21' });
  });

  it('never reaches the real host of one that has no machine', async () => {
    const { web2 } = await targetsOf();
    expect(web2!.target.host).to.equal('web2.not-made-by-vagrant.invalid');
    expect(web2!.target.jumps).to.deep.equal([]);
    expect(web2!.target.password).to.equal(undefined);
  });
});
