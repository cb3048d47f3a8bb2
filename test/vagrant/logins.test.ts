import { expect } from 'chai';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from '../../src/transport/connect.js';
import { findVagrantFolder, type VagrantFolder } from '../../src/vagrant/folder.js';
import { keysIn } from '../../src/vagrant/host-keys.js';
import { vagrantLogins, type Login } from '../../src/vagrant/logins.js';
import { failureOf } from '../inventory/support.js';
import { canStartSshd, startSshd, type Sshd } from '../transport/sshd.js';

/**
 * A machine as VirtualBox makes one: sshd behind a port of loopback. The sshd is real; `vagrant` is a script that prints what
 * `vagrant ssh-config` prints, as there is no VirtualBox here. The containers of LXC are in test/cluster/vagrant.test.ts.
 */
describe('logins of machines of Vagrant', function () {
  let sshd: Sshd;
  let dir: string;
  let folder: VagrantFolder;
  const said: string[] = [];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  const asked = (): number =>
    existsSync(join(dir, 'asked')) ? readFileSync(join(dir, 'asked'), 'utf8').split('\n').length - 1 : 0;

  before(async function () {
    if (!canStartSshd()) this.skip();
    sshd = await startSshd();
  });
  after(async () => sshd?.stop());

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vagrant-'));
    said.length = 0;
    write('Vagrantfile', '');
    write('.vagrant/machines/web1/virtualbox/id', 'a1b2');
    write('.vagrant/machines/web1/virtualbox/index_uuid', 'first');
    machineAt('127.0.0.1', sshd.port);
    folder = await findVagrantFolder(join(dir, 'below', 'it', '..', '..'), {});
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function machineAt(host: string, port: number): void {
    write(
      'ssh-config',
      `Host web1\n  HostName ${host}\n  User ${sshd.user}\n  Port ${port}\n  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  IdentityFile "${sshd.keys.good}"\n  IdentitiesOnly yes\n\n`,
    );
    write(
      'bin/vagrant',
      `#!/bin/sh\n[ "$1" = ssh-config ] || exit 9\necho "$*" >>${dir}/asked\nif [ -s ${dir}/locked ]; then
  left=$(cat ${dir}/locked)
  [ "$left" = 1 ] && rm ${dir}/locked || echo $((left - 1)) >${dir}/locked
  echo "Vagrant can't use the requested machine because it is locked! This" >&2
  exit 1
fi\n[ ! -e ${dir}/off ] || { echo 'not yet ready for SSH' >&2; exit 1; }\ncat ${dir}/ssh-config\n`,
    );
    chmodSync(join(dir, 'bin/vagrant'), 0o755);
  }

  async function logins(renew = false): Promise<ReadonlyMap<string, Login>> {
    return vagrantLogins(folder, ['web1', 'web2'], {
      env: { PATH: `${dir}/bin:${process.env['PATH'] ?? ''}` },
      uid: 0,
      report: (line) => said.push(line),
      wanted: ['web1', 'web2'],
      renew,
    });
  }

  async function canLogIn({ ssh, knownHosts }: Login): Promise<boolean> {
    const connection = await connect(
      sshd.target({
        host: ssh.host,
        port: ssh.port,
        privateKeyFiles: ssh.identityFiles,
        knownHostsFiles: [knownHosts],
      }),
      {},
    );
    connection.close();
    return true;
  }

  it('pins the keys of a new machine and asks Vagrant once', async () => {
    const found = await logins();
    expect([...found.keys()]).to.deep.equal(['web1']);
    expect(said).to.deep.equal([`web1: host keys pinned (virtualbox, 127.0.0.1 port ${sshd.port})`]);
    expect(readFileSync(found.get('web1')!.knownHosts, 'utf8')).to.include(
      `[127.0.0.1]:${sshd.port} ${sshd.hostKeys.ed25519}\n`,
    );
    expect(await canLogIn(found.get('web1')!)).to.equal(true);
    await logins();
    expect(asked()).to.equal(1);
  });

  it('keeps the pin of a machine that shows another key, whatever is asked again', async () => {
    const { knownHosts } = (await logins()).get('web1')!;
    write(
      '.vagrant/provision/web1/pin.json',
      readFileSync(join(dir, '.vagrant/provision/web1/pin.json'), 'utf8').replaceAll(
        /ssh-(ed25519|rsa) [^"]+/g,
        sshd.hostKeys.other,
      ),
    );
    const again = (await logins(true)).get('web1')!;
    expect(readFileSync(knownHosts, 'utf8'))
      .to.include(sshd.hostKeys.other)
      .and.not.to.include(sshd.hostKeys.ed25519);
    const outcome = await canLogIn(again).catch((error: Error) => error.message);
    expect(outcome).to.match(/is not the pinned one/);
    expect(asked()).to.equal(2);
  });

  it('pins anew when the machine was made anew, also under the same id', async () => {
    await logins();
    write(
      '.vagrant/provision/web1/pin.json',
      JSON.stringify({ incarnation: 'a1b2 first', keys: [sshd.hostKeys.other] }),
    );
    write('.vagrant/machines/web1/virtualbox/index_uuid', 'second');
    expect(await canLogIn((await logins()).get('web1')!)).to.equal(true);
    expect(said).to.have.length(2);
  });

  it('asks again after a start, as ports change, and keeps the keys', async () => {
    await logins();
    rmSync(join(dir, '.vagrant/provision/web1/ssh-config'));
    machineAt('localhost', sshd.port);
    const login = (await logins()).get('web1')!;
    expect(login.ssh.host).to.equal('localhost');
    expect(readFileSync(login.knownHosts, 'utf8')).to.match(/^\[localhost\]:/);
    expect(said).to.have.length(1);
  });

  it('pins nothing over a network', async () => {
    machineAt('192.0.2.77', 22);
    const error = await failureOf(logins());
    expect(error.message).to.match(/web1 is at 192\.0\.2\.77, which is not on this machine/);
    expect(existsSync(join(dir, '.vagrant/provision/web1'))).to.equal(false);
  });

  it('says what Vagrant says of a machine that is off, and uses what is known of it', async () => {
    write('off', '');
    const error = await failureOf(logins());
    expect(error.message).to.match(/`vagrant ssh-config web1` failed in /);
    expect(error.detail).to.deep.equal(['not yet ready for SSH']);
    expect(error.hint).to.equal('vagrant up web1');
    rmSync(join(dir, 'off'));
    await logins();
    write('off', '');
    expect((await logins()).size).to.equal(1);
  });

  it('waits for a machine that another command of Vagrant holds', async () => {
    write('locked', '2');
    expect((await logins()).size).to.equal(1);
    expect(asked()).to.equal(3);
  });

  it('needs a Vagrantfile', async () => {
    const error = await failureOf(findVagrantFolder('/usr/lib', { VAGRANT_VAGRANTFILE: 'Sitefile' }));
    expect(error.message).to.equal('there is no Sitefile in /usr/lib or above it');
  });
});

it('host keys are found in .pub files and in what ssh-keyscan prints, and nothing else', () => {
  const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIG0DMM4BQ5X231Hz9StG7uGDy8S7MzM4AZBNXm5armwO';
  expect(
    keysIn(
      `ssh-ed25519 ${key} root@web1\n# 10.0.0.1:22 SSH-2.0-OpenSSH_10.0\n[127.0.0.1]:2200 ssh-ed25519 ${key}\n`,
    ),
  ).to.deep.equal([`ssh-ed25519 ${key}`, `ssh-ed25519 ${key}`]);
  expect(keysIn('cat: /etc/ssh/x: No such file\nssh-dss\n')).to.deep.equal([]);
});
