import { expect } from 'chai';
import { ConfigurationError } from '../../src/errors.js';
import {
  connectionOf,
  type ConnectionDefaults,
  type HostConnection,
} from '../../src/inventory/connection.js';
import { parseSshConfig, type SshConfigFile } from '../../src/inventory/ssh-config.js';
import { plainScope } from '../../src/template/scope.js';
import type { SshTarget } from '../../src/transport/target.js';

const defaults: ConnectionDefaults = {
  home: '/home/me',
  user: 'me',
  agentSocket: '/run/agent',
  sshConfig: [],
};
const connect = (
  vars: Record<string, unknown>,
  given: Partial<ConnectionDefaults> = {},
  name = 'web1',
): HostConnection => connectionOf(plainScope(vars), name, { ...defaults, ...given });
const ssh = (
  vars: Record<string, unknown>,
  given: Partial<ConnectionDefaults> = {},
  name = 'web1',
): SshTarget => connect(vars, given, name).target as SshTarget;

/** ~/.ssh/config of a text. */
const files = (text: string): SshConfigFile[] => [
  parseSshConfig(text, { file: '~/.ssh/config', include: () => [] }),
];

describe('connectionOf', () => {
  it('fills in the defaults of ssh', () => {
    expect(connect({})).to.deep.equal({
      become: undefined,
      becomeUser: undefined,
      becomePassword: undefined,
      limits: {},
      target: {
        kind: 'ssh',
        name: 'web1',
        host: 'web1',
        port: 22,
        user: 'me',
        privateKeyFiles: ['/home/me/.ssh/id_ed25519', '/home/me/.ssh/id_ecdsa', '/home/me/.ssh/id_rsa'],
        agentSocket: '/run/agent',
        knownHostsFiles: [
          '/home/me/.ssh/known_hosts',
          '/home/me/.ssh/known_hosts2',
          '/etc/ssh/ssh_known_hosts',
          '/etc/ssh/ssh_known_hosts2',
        ],
        hostKeyChecking: 'yes',
        connectTimeout: 10,
        jumps: [],
      },
    });
  });

  it("takes Ansible's variables", () => {
    const connection = connect({
      ansible_host: '10.0.0.1',
      ansible_port: '2222',
      ansible_user: 'deploy',
      ansible_ssh_private_key_file: '~/keys/k',
      ansible_password: 'pw',
      ansible_become: 'yes',
      ansible_become_user: 'root',
      ansible_become_method: 'sudo',
      ansible_become_password: 'bp',
      ansible_ssh_timeout: 3,
    });
    expect(connection.target).to.deep.include({
      host: '10.0.0.1',
      port: 2222,
      user: 'deploy',
      password: 'pw',
      connectTimeout: 3,
    });
    expect((connection.target as SshTarget).privateKeyFiles).to.deep.equal(['/home/me/keys/k']);
    expect(connection).to.deep.include({ become: true, becomeUser: 'root', becomePassword: 'bp' });
    expect(connect({ ansible_become: false }).become).to.equal(false);
  });

  it('reads ssh arguments', () => {
    const target = ssh({
      ansible_ssh_common_args:
        "-o UserKnownHostsFile=/k1 -o StrictHostKeyChecking=accept-new -oConnectTimeout=7 -o 'ControlMaster auto' -C",
      ansible_ssh_extra_args: '-i ~/a -J jump@gate:2200,10.0.0.9',
    });
    expect(target).to.deep.include({
      hostKeyChecking: 'accept-new',
      connectTimeout: 7,
      knownHostsFiles: ['/k1', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    });
    expect(target.privateKeyFiles).to.deep.equal(['/home/me/a']);
    expect(target.jumps.map(({ user, host, port }) => `${user}@${host}:${port}`)).to.deep.equal([
      'jump@gate:2200',
      'me@10.0.0.9:22',
    ]);
  });

  it('understands the ProxyCommand that jumps', () => {
    const target = ssh({ ansible_ssh_common_args: `-o ProxyCommand="ssh -W %h:%p -q -p 23 ops@gate"` });
    expect(target.jumps[0]).to.deep.include({ user: 'ops', host: 'gate', port: 23 });
  });

  it('refuses arguments that are not understood, and unchecked host keys', () => {
    for (const [vars, message] of [
      [{ ansible_ssh_common_args: '-o StrictHostKeyChecking=no' }, /always checked/],
      [{ ansible_host_key_checking: false }, /always checked/],
      [{ ansible_ssh_common_args: '-o Tunnel=yes' }, /"-o Tunnel=yes" is not understood/],
      [{ ansible_ssh_extra_args: '-L 80:x:80' }, /"-L" is not understood/],
      [{ ansible_ssh_extra_args: '-o ProxyCommand="nc %h %p"' }, /ProxyCommand is not understood/],
      [{ ansible_ssh_extra_args: '-J a@b@c:x' }, /no jump host/],
      [{ ansible_ssh_extra_args: '-o "x' }, /open quote/],
      [{ ansible_ssh_extra_args: '-i' }, /not understood/],
      [{ ansible_port: 'x' }, /whole number/],
      [{ ansible_port: 70000 }, /65535/],
      [{ ansible_connection: 'docker' }, /not supported/],
      [{ ansible_become_method: 'su' }, /not supported/],
      [{ ansible_become: 'perhaps' }, /true or false/],
      [{ ansible_user: ['a'] }, /is text/],
    ] as const) {
      expect(() => connect(vars), JSON.stringify(vars)).to.throw(ConfigurationError, message);
    }
  });

  it('takes from ~/.ssh/config what is not given', () => {
    const sshConfig = files(`
Host web1 web2
  HostName %h.example.com
  User ops
  Port 2200
  IdentityFile ~/.ssh/ops
  IdentityFile %d/.ssh/more
  UserKnownHostsFile ~/.ssh/kh1 ~/.ssh/kh2
  StrictHostKeyChecking accept-new
  ConnectTimeout 4
  IdentityAgent ~/agent.sock
  ProxyJump gate
Host gate
  HostName 192.0.2.1
  User gatekeeper
  ProxyJump outer:2222
Host lax
  StrictHostKeyChecking no
  IdentityAgent none
Host *
  User everyone
`);
    const target = ssh({}, { sshConfig });
    expect(target).to.deep.include({
      host: 'web1.example.com',
      user: 'ops',
      port: 2200,
      privateKeyFiles: ['/home/me/.ssh/ops', '/home/me/.ssh/more'],
      knownHostsFiles: [
        '/home/me/.ssh/kh1',
        '/home/me/.ssh/kh2',
        '/etc/ssh/ssh_known_hosts',
        '/etc/ssh/ssh_known_hosts2',
      ],
      hostKeyChecking: 'accept-new',
      connectTimeout: 4,
      agentSocket: '/home/me/agent.sock',
    });
    expect(target.jumps.map(({ user, host, port, jumps }) => [user, host, port, jumps.length])).to.deep.equal(
      [
        ['everyone', 'outer', 2222, 0],
        ['gatekeeper', '192.0.2.1', 22, 0],
      ],
    );
    expect(
      ssh({ ansible_user: 'x', ansible_port: 1, ansible_ssh_private_key_file: '/k' }, { sshConfig }),
    ).to.deep.include({
      user: 'x',
      port: 1,
      privateKeyFiles: ['/k', '/home/me/.ssh/ops', '/home/me/.ssh/more'],
    });
    const lax = ssh({ ansible_host: 'lax' }, { sshConfig, remoteUser: 'cli' });
    expect(lax).to.deep.include({ hostKeyChecking: 'yes', user: 'cli', name: 'web1' });
    expect(lax).not.to.have.property('agentSocket');
  });

  it('runs nothing for ~/.ssh/config, and refuses jumps in a circle', () => {
    const target = ssh(
      {},
      {
        sshConfig: files(
          'Match exec "touch /tmp/never"\n  User evil\nHost web1\n  CanonicalizeHostName yes\n  CanonicalDomains x.example\n  User good\n',
        ),
      },
    );
    expect(target).to.deep.include({ user: 'good', host: 'web1' });
    const sshConfig = files('Host a\n ProxyJump b\nHost b\n ProxyJump a\n');
    expect(() => ssh({ ansible_host: 'a' }, { sshConfig })).to.throw(ConfigurationError, /circle/);
  });

  it('takes of the agent only the keys of files where nothing else is wanted', () => {
    for (const args of ['-o IdentitiesOnly=yes -i /k', '-o IdentitiesOnly=yes'])
      expect(ssh({ ansible_ssh_common_args: args })).to.deep.include({
        identitiesOnly: true,
        agentSocket: '/run/agent',
      });
    expect(ssh({})).not.to.have.property('identitiesOnly');
  });

  it('knows the controller', () => {
    expect(connect({ ansible_connection: 'local' }).target).to.deep.equal({ kind: 'local', name: 'web1' });
    expect(connect({}, {}, 'localhost').target.kind).to.equal('local');
    expect(connect({ ansible_host: 'localhost' }, {}, 'localhost').target.kind).to.equal('local');
    expect(connect({ ansible_port: 2222 }, {}, 'localhost').target.kind).to.equal('ssh');
    expect(connect({ ansible_connection: 'ssh' }, {}, 'localhost').target.kind).to.equal('ssh');
  });

  it('takes the command line after the inventory and before ~/.ssh/config', () => {
    const given = {
      remoteUser: 'cli',
      privateKeyFile: '/cli',
      connectTimeout: 5,
      sshConfig: files('Host *\n User conf\n ConnectTimeout 9\n'),
    };
    expect(ssh({}, given)).to.deep.include({ user: 'cli', privateKeyFiles: ['/cli'], connectTimeout: 5 });
    expect(ssh({ ansible_user: 'inv', ansible_ssh_private_key_file: '/inv' }, given)).to.deep.include({
      user: 'inv',
      privateKeyFiles: ['/inv'],
    });
  });
});
