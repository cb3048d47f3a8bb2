import { expect } from 'chai';
import { ConfigurationError } from '../../src/errors.js';
import { connectionOf, type ConnectionDefaults } from '../../src/inventory/connection.js';
import { parseSshConfig } from '../../src/inventory/ssh-config.js';
import { sshOptions } from '../../src/inventory/ssh-options.js';
import { plainScope } from '../../src/template/scope.js';
import { ALGORITHMS } from '../../src/transport/algorithms.js';
import type { SshTarget } from '../../src/transport/target.js';

/** The target of web1 with these lines in ~/.ssh/config. */
function target(lines: string, vars: Record<string, unknown> = {}): SshTarget {
  const defaults: ConnectionDefaults = {
    home: '/home/me',
    user: 'me',
    agentSocket: undefined,
    sshConfig: [parseSshConfig(lines, { file: '~/.ssh/config', include: () => [] })],
  };
  return connectionOf(plainScope(vars), 'web1', defaults).target as SshTarget;
}
const inArgs = (args: string): SshTarget => target('', { ansible_ssh_common_args: args });

describe('options of ssh that decide on trust', () => {
  it('are honoured in files and in arguments', () => {
    const text = `Host web1
  RevokedHostKeys ~/.ssh/revoked-%k
  HostKeyAlias alias
  CheckHostIP yes
  HashKnownHosts yes
  RequiredRSASize 3072
  AddressFamily inet6
  BindAddress 192.0.2.9
`;
    const expected = {
      hostKeyAlias: 'alias',
      checkHostIp: true,
      hashKnownHosts: true,
      requiredRsaSize: 3072,
      family: 6,
      localAddress: '192.0.2.9',
    };
    const given = target(text);
    expect(given).to.deep.include(expected);
    expect(given.revokedHostKeys).to.deep.equal({
      value: '/home/me/.ssh/revoked-alias',
      where: '~/.ssh/config:2',
    });
    const args = text
      .split('\n')
      .slice(1, -1)
      .map((line) => `-o ${line.trim().replace(' ', '=')}`)
      .join(' ');
    const byArgs = inArgs(args);
    expect(byArgs).to.deep.include(expected);
    expect(byArgs.revokedHostKeys?.where).to.equal('ansible_ssh_common_args');
    expect(target('RevokedHostKeys none\nRequiredRSASize 1\n')).not.to.have.property('revokedHostKeys');
  });

  for (const [kind, list, left] of [
    ['Ciphers', 'aes256-ctr,nothing,aes128-ctr', ['aes256-ctr', 'aes128-ctr']],
    ['Ciphers', '-*-ctr,chacha*', ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com']],
    ['Ciphers', '+3des-cbc', ALGORITHMS.Ciphers],
    ['Ciphers', '^aes256-ctr', ['aes256-ctr', ...ALGORITHMS.Ciphers.filter((one) => one !== 'aes256-ctr')]],
    ['MACs', 'hmac-sha1,hmac-sha2-512', ['hmac-sha2-512']],
    ['KexAlgorithms', 'mlkem768x25519-sha256,curve25519-sha256', ['curve25519-sha256']],
    ['KexAlgorithms', '-ecdh*,diffie*', ['curve25519-sha256', 'curve25519-sha256@libssh.org']],
    ['HostKeyAlgorithms', 'ssh-ed25519-cert-v01@openssh.com,ssh-ed25519', ['ssh-ed25519']],
    ['HostKeyAlgorithms', '+ssh-rsa', ALGORITHMS.HostKeyAlgorithms],
    ['PubkeyAcceptedAlgorithms', '-ecdsa*,rsa*', ['ssh-ed25519']],
    ['PubkeyAcceptedKeyTypes', 'rsa-sha2-512', ['rsa-sha2-512']],
  ] as const) {
    it(`choose among what ssh2 has: ${kind} ${list}`, () => {
      const option = kind === 'PubkeyAcceptedKeyTypes' ? 'PubkeyAcceptedAlgorithms' : kind;
      expect(target(`${kind} ${list}\n`).algorithms).to.deep.equal({ [option]: left });
    });
  }

  it('that leave nothing are an error with the place and what there is', () => {
    for (const line of [
      'KexAlgorithms mlkem768x25519-sha256,sntrup761x25519-sha512@openssh.com',
      'KexAlgorithms diffie-hellman-group14-sha1',
      'HostKeyAlgorithms ssh-rsa',
      'Ciphers 3des-cbc,aes128-cbc',
      'MACs hmac-sha1,umac-128-etm@openssh.com',
      'PubkeyAcceptedAlgorithms sk-ssh-ed25519@openssh.com',
    ]) {
      expect(() => target(`\n${line}\n`), line)
        .to.throw(ConfigurationError, /leaves nothing that can be used \(~\/\.ssh\/config:2\)/)
        .with.property('hint')
        .match(/^there are /);
    }
  });

  it('limit and order the ways to log in', () => {
    expect(target('PasswordAuthentication no\n').methods).to.deep.equal({
      kinds: ['publickey', 'keyboard-interactive'],
      said: 'PasswordAuthentication no (~/.ssh/config:1)',
    });
    expect(
      target('PreferredAuthentications password,hostbased,publickey\nPubkeyAuthentication no\n').methods
        ?.kinds,
    ).to.deep.equal(['password']);
    expect(target('PubkeyAuthentication host-bound\n').methods).to.equal(undefined);
    expect(() => target('PreferredAuthentications gssapi-with-mic\n')).to.throw(
      ConfigurationError,
      /no way to log in is left by PreferredAuthentications gssapi-with-mic \(~\/\.ssh\/config:1\)/,
    );
  });

  it('are refused by name and place where they cannot be honoured', () => {
    for (const line of [
      'KnownHostsCommand /usr/bin/keys %H',
      'CertificateFile ~/.ssh/id-cert.pub',
      'PKCS11Provider /usr/lib/token.so',
      'SmartcardDevice /usr/lib/token.so',
      'BindInterface eth1',
      'RefuseConnection "use the gate"',
      'ProxyCommand nc %h %p',
    ]) {
      const name = line.split(' ')[0]!;
      expect(() => target(`Host web1\n  ${line}\n`), line)
        .to.throw(ConfigurationError, name)
        .with.nested.property('position.line', 2);
      expect(() => target(`Host other\n  ${line}\n`), line).not.to.throw();
      expect(() => target('', { ansible_ssh_extra_args: `-o '${line}'` }), line).to.throw(
        ConfigurationError,
        /ansible_ssh_extra_args|not understood/,
      );
    }
    for (const line of ['KnownHostsCommand none', 'PKCS11Provider none', 'ProxyCommand none'])
      expect(() => target(`${line}\n${line.replace('none', 'x')}\n`), line).not.to.throw();
  });

  it('are not asked for where the inventory has decided already', () => {
    const undecided = 'Match exec "true"\n  UserKnownHostsFile /other\n  MACs hmac-sha2-512\n';
    expect(() => target(undecided)).to.throw(ConfigurationError, /UserKnownHostsFile stands under/);
    const one = { ansible_ssh_common_args: '-o UserKnownHostsFile=/mine' };
    expect(() => target(undecided, one)).to.throw(ConfigurationError, /MACs stands under/);
    const both = { ansible_ssh_common_args: '-o UserKnownHostsFile=/mine -o MACs=hmac-sha2-256' };
    expect(target(undecided, both).algorithms).to.deep.equal({ MACs: ['hmac-sha2-256'] });
  });

  it('are refused with a value that they cannot have, and unknown ones altogether', () => {
    for (const [line, message] of [
      ['CheckHostIP maybe', /CheckHostIP is yes or no, not "maybe" \(~\/\.ssh\/config:1\)/],
      ['RequiredRSASize many', /RequiredRSASize is a number of bits/],
      ['AddressFamily ipv6', /any, inet or inet6/],
      ['BindAddress localhost', /an address of this machine/],
      ['PubkeyAuthentication ssh', /yes or no/],
      ['RevokedHostKey /x', /not a known option of ssh .*did you mean "RevokedHostKeys"/],
      ['RevokedHostKeys ~/%C', /%C in the path/],
      ['IdentityFile ${HOME}/x', /\$\{\.\.\.\} in the path/],
    ] as const) {
      expect(() => target(`${line}\n`), line).to.throw(ConfigurationError, message);
    }
    expect(() => target('IgnoreUnknown Use*,Other\nUseSomething yes\nother no\nOther x\n')).to.throw(
      /"?other"? is not/,
    );
    expect(() => target('IgnoreUnknown Use*,Other\nUseSomething yes\n')).not.to.throw();
  });

  it('leave the rest of a file alone, and only that', () => {
    const passed = sshOptions.filter(
      ({ treatment }) => treatment.is === 'harmless' || treatment.is === 'elsewhere',
    );
    const plain = target('');
    for (const { name, treatment } of passed) {
      expect(target(`${name} something\n`), name).to.deep.equal(plain);
      const args = (): SshTarget => inArgs(`-o ${name}=something`);
      if (treatment.is === 'elsewhere') expect(args, name).to.throw(ConfigurationError, /not understood/);
      else expect(args(), name).to.deep.equal(plain);
    }
  });
});
