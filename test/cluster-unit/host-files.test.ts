import { expect } from 'chai';
import { hostFiles, nameserversOf, type Accounts, type HostIdentity } from '../../src/cluster/host-files.js';

const accounts: Accounts = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
  '/etc/group': 'root:x:0:\nsudo:x:27:\nusers:x:100:\n',
  '/etc/shadow': 'root:*:20000:0:99999:7:::\n',
  '/etc/gshadow': 'root:*::\nsudo:*::olduser\nusers:*::\n',
};
const identity: HostIdentity = {
  machineId: 'a'.repeat(32),
  loginKey: 'ssh-ed25519 AAAA demo\n',
  hostKey: { secret: 'SECRET', shared: 'ssh-ed25519 BBBB web1\n' },
  nameservers: ['192.0.2.53'],
};
const files = hostFiles(
  { name: 'web1', address: '10.77.0.21', user: 'admin', suite: 'trixie' },
  identity,
  accounts,
);
const file = (path: string) => files.find((candidate) => candidate.path === path)!;

describe('hostFiles', () => {
  it('add an unprivileged user who may use sudo without a password', () => {
    expect(file('/etc/passwd').content).to.equal(
      `${accounts['/etc/passwd']}admin:x:1000:1000::/home/admin:/bin/bash\n`,
    );
    expect(file('/etc/group').content).to.equal('root:x:0:\nsudo:x:27:admin\nusers:x:100:\nadmin:x:1000:\n');
    expect(file('/etc/gshadow').content).to.equal('root:*::\nsudo:*::olduser,admin\nusers:*::\nadmin:!::\n');
    expect(file('/etc/shadow').content).to.match(/^admin:\*:/m);
    expect(file('/etc/sudoers.d/90-cluster')).to.include({
      content: 'admin ALL=(ALL) NOPASSWD:ALL\n',
      mode: 0o440,
    });
  });

  it('keep secrets from other users of the host', () => {
    expect(file('/etc/ssh/ssh_host_ed25519_key')).to.include({ content: 'SECRET', mode: 0o600, uid: 0 });
    expect(file('/etc/shadow')).to.include({ mode: 0o640, gid: 42 });
    expect(file('/home/admin/.ssh/authorized_keys')).to.include({
      mode: 0o600,
      uid: 1000,
      content: identity.loginKey,
    });
  });

  it('name the host', () => {
    expect(file('/etc/hostname').content).to.equal('web1\n');
    expect(file('/etc/hosts').content).to.contain('127.0.1.1 web1');
    expect(file('/etc/resolv.conf').content).to.equal('nameserver 192.0.2.53\n');
  });
});

describe('nameserversOf', () => {
  it('leaves out those that only the machine itself can ask', () => {
    const text =
      '# written by hand\nnameserver 127.0.0.53\nnameserver 192.0.2.53\n  nameserver 192.0.2.54 \nnameserver ::1\nsearch x\n';
    expect(nameserversOf(text)).to.deep.equal(['192.0.2.53', '192.0.2.54']);
  });
});
