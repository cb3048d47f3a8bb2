import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute, installPackage, needsCluster, recapOf, report, root, type Ran } from './support.js';

/** Vagrant with its provider lxc, from the box to `destroy`, on a load balancer and a web server; the package is an installed one. */
const inventory = `all:
  vars:
    net: 10.119.0
    vip: 10.119.0.100
    # Of the real hosts: nothing of it may be used.
    ansible_user: deploy
    ansible_port: 2022
    ansible_ssh_common_args: -J jump.example.invalid
    ansible_become: true
    site_marker: <title>Rehearsal</title>
    common_unattended_upgrades: 'off'
    common_security_updates_within: 'off'
  children:
    loadbalancers:
      hosts:
        lb1: { ansible_host: "<%= net %>.11" }
      vars:
        haproxy_frontends: [{ name: public, bind: ['*:80'], default_backend: web }]
        haproxy_backends: [{ name: web, group: webservers, port: 80, check: { uri: /healthz } }]
    webservers:
      hosts:
        web1: { ansible_host: 203.0.113.21, vagrant_address: 10.119.0.21 }
      vars:
        vagrant_box: debian-12
        vagrant_memory: 512
        vagrant_cpus: 2
        nginx_sites: [{ name: page, default: true, source: "<%= inventory_dir %>/page" }]
`;
const packages = [
  ...[
    'vagrant',
    'vagrant-lxc',
    'vagrant-libvirt',
    'lxc',
    'dnsmasq-base',
    'mmdebstrap',
    'debian-archive-keyring',
  ],
  ...['iproute2', 'nftables', 'sudo', 'openssh-client', 'ruby'],
];
const lxcNet = '/usr/libexec/lxc/lxc-net';
const leases = '/var/lib/misc/dnsmasq.lxcbr0.leases';

describe('Vagrant', function () {
  this.bail(true);
  let dir: string;
  let env: NodeJS.ProcessEnv;
  let atFirst: Machine;
  let startedNetwork = false;
  const run = (...argv: string[]): Promise<Ran> => execute(argv, { cwd: join(dir, 'site'), env });
  const vagrant = (...args: string[]): Promise<Ran> => run('vagrant', ...args);
  const provision = (...args: string[]): Promise<Ran> =>
    run(join(dir, 'install/node_modules/.bin/provision'), ...args);
  const onMachine = (name: string, command: string): Promise<Ran> =>
    run('lxc-attach', '--clear-env', '-n', idOf(name), '--', 'sh', '-c', command);
  const idOf = (name: string): string =>
    readFileSync(join(dir, `site/.vagrant/machines/${name}/lxc/id`), 'utf8').trim();
  const keysOf = (name: string): string =>
    readFileSync(join(dir, `site/.vagrant/provision/${name}/known_hosts`), 'utf8');

  before(async function () {
    needsCluster(this);
    await needsPackages(this);
    await allowInotify();
    atFirst = await observe();
    dir = await mkdtemp(join(tmpdir(), 'provision-vagrant-'));
    // What users set for themselves must not reach the test.
    const own = Object.entries(process.env).filter(([name]) => !/^(VAGRANT|PROVISION)_/.test(name));
    env = { ...Object.fromEntries(own), VAGRANT_HOME: join(dir, 'home'), VAGRANT_DEFAULT_PROVIDER: 'lxc' };
    for (const name of Object.keys(process.env)) if (!(name in env)) env[name] = undefined;
    await mkdir(join(dir, 'install'));
    await mkdir(join(dir, 'site/page'), { recursive: true });
    await installPackage(join(dir, 'install'));
    await writeFile(join(dir, 'site/hosts.yml'), inventory);
    await writeFile(join(dir, 'site/page/index.html'), '<title>Rehearsal</title>\n');
    await writeFile(
      join(dir, 'site/Vagrantfile'),
      `ENV['PROVISION_INVENTORY'] ||= File.expand_path('hosts.yml', __dir__)\nload File.expand_path('../install/node_modules/provision/vagrant/Vagrantfile', __dir__)\n`,
    );
  });

  after(async () => {
    if (dir === undefined) return;
    // A test that failed half-way has machines to take down.
    if (existsSync(join(dir, 'site/.vagrant'))) await vagrant('destroy', '-f');
    if (startedNetwork) await stopNetwork();
    if (!atFirst.includes(leases)) await rm(leases, { force: true });
    await rm(dir, { recursive: true, force: true });
  });

  for (const provider of ['virtualbox', 'libvirt', 'lxc']) {
    it(`takes the Vagrantfile with provider ${provider}`, async () => {
      await mkdir(join(dir, 'bin'), { recursive: true });
      // There is no VirtualBox here: Vagrant asks this for the version before it looks at the settings for VirtualBox.
      await writeFile(join(dir, 'bin/VBoxManage'), '#!/bin/sh\necho 7.0.20r163906\n');
      await chmod(join(dir, 'bin/VBoxManage'), 0o755);
      const ran = await execute(['vagrant', 'validate'], {
        cwd: join(dir, 'site'),
        env: {
          ...env,
          VAGRANT_DEFAULT_PROVIDER: provider,
          PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}`,
        },
      });
      expect(ran.status, ran.text).to.equal(0);
      expect(ran.stdout).to.include('Vagrantfile validated successfully');
    });
  }

  it('says what is wrong with an inventory, and where', async () => {
    const wrong = async (name: string, text: string): Promise<string> => {
      await writeFile(join(dir, 'site', name), text);
      const ran = await execute(['vagrant', 'status'], {
        cwd: join(dir, 'site'),
        env: { ...env, PROVISION_INVENTORY: name },
      });
      expect(ran.status, ran.text).to.equal(1);
      return ran.text;
    };
    expect(
      await wrong('box.yml', 'all: { hosts: { a: { ansible_host: 10.119.0.9, vagrant_box: debain-13 } } }'),
    ).to.match(/box\.yml:1:\d+: there is no box "debain-13" \(did you mean "debian-13"\?\)/);
    expect(await wrong('address.yml', 'all: { hosts: { a: {} } }')).to.match(
      /a: the host has no address\n +try: Set ansible_host/,
    );
    const ran = await execute(['vagrant', 'up'], {
      cwd: join(dir, 'site'),
      env: { ...env, PROVISION_INVENTORY: 'none.yml' },
    });
    expect(ran.status).to.equal(1);
    expect(ran.text).to.match(/the inventory \S+\/site\/none\.yml cannot be read/);
  });

  it('says what is missing before it makes anything', async () => {
    if (!existsSync('/sys/class/net/lxcbr0')) {
      const without = await vagrant('up');
      expect(without.status, without.text).to.equal(1);
      expect(without.text).to.match(/lxcbr0 is not up\. Start it: sudo systemctl start lxc-net/);
      const started = await execute([lxcNet, 'start'], { cwd: root });
      expect(started.status, started.text).to.equal(0);
      startedNetwork = true;
    }
    const boxless = await vagrant('up');
    expect(boxless.status, boxless.text).to.equal(1);
    expect(boxless.text).to.match(
      /There is no box provision\/debian-13 for lxc yet. Build it once: \S+\/build-lxc debian-13/,
    );
    expect(existsSync(join(dir, 'site/.vagrant/machines/lb1/lxc/id'))).to.equal(false);
  });

  for (const box of ['debian-13', 'debian-12']) {
    it(`builds the box ${box}`, async () => {
      const began = Date.now();
      const ran = await run(join(dir, 'install/node_modules/provision/vagrant/boxes/build-lxc'), box);
      expect(ran.status, ran.text).to.equal(0);
      report(`      box: ${seconds(began)}`);
    });
  }

  it('refuses a private network that this machine has already', async () => {
    const name = 'taken.yml';
    await writeFile(join(dir, 'site', name), 'all: { hosts: { a: { ansible_host: 10.0.3.9 } } }');
    const ran = await execute(['vagrant', 'up'], {
      cwd: join(dir, 'site'),
      env: { ...env, PROVISION_INVENTORY: name },
    });
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.text).to.match(
      /The network 10\.0\.3\.0\/24 is in use on this machine: .*10\.0\.3\..* dev lxcbr0/,
    );
  });

  it('makes both machines, converges and verifies them in one command', async () => {
    const began = Date.now();
    const ran = await vagrant('up');
    expect(ran.status, lastOf(ran)).to.equal(0);
    expect(ran.text)
      .to.match(/lb1: host keys pinned \(lxc-attach\)/)
      .and.to.match(/web1: host keys pinned \(lxc-attach\)/);
    expect(ran.text).to.match(/verified +lb1 +the page is served/);
    const recap = recapOf(ran.stdout);
    expect([...recap.keys()]).to.deep.equal(['lb1', 'web1']);
    for (const [host, row] of recap) expect(row.changed, host).to.be.above(5);
    const shown = await run('curl', '--silent', '--max-time', '5', 'http://10.119.0.100/');
    expect(shown.stdout).to.include('<title>Rehearsal</title>');
    report(
      `      vagrant up, of it the run ${/in ([\d.]+ s)$/m.exec(ran.stdout)?.[1] ?? '?'}: ${seconds(began)}`,
    );
  });

  it('changes nothing the second time', async () => {
    const ran = await provision('-i', 'hosts.yml', '--from-vagrant', '-v', 'playbooks/site.yml');
    expect(ran.status, lastOf(ran)).to.equal(0);
    const recap = recapOf(ran.stdout);
    expect(recap.size).to.equal(2);
    for (const [host, row] of recap) expect(row.changed, host).to.equal(0);
    report(`      second run: ${/in ([\d.]+ s)$/m.exec(ran.stdout)?.[1] ?? '?'}`);
  });

  it('gives a machine the memory, processors and addresses of the inventory, and a disk of its own', async () => {
    const lxc = readFileSync(`/var/lib/lxc/${idOf('web1')}/config`, 'utf8');
    expect(lxc)
      .to.match(/memory\.(max|limit_in_bytes)=512M/)
      .and.to.match(/cpu\.(max|cfs_quota_us)=200000/);
    const limit = ['memory/lxc.payload', 'lxc.payload'].flatMap((place) =>
      ['memory.limit_in_bytes', 'memory.max'].map(
        (file) => `/sys/fs/cgroup/${place}.${idOf('web1')}/${file}`,
      ),
    );
    expect(readFileSync(limit.find(existsSync) ?? 'no limit file', 'utf8').trim()).to.equal(
      String(512 * 1024 * 1024),
    );
    const said = await onMachine(
      'web1',
      'ip -4 -o address show eth1; cat /etc/os-release; systemctl is-system-running',
    );
    expect(said.stdout)
      .to.include('10.119.0.21/24')
      .and.to.include('VERSION_CODENAME=bookworm')
      .and.to.match(/^running$/m);
    const listed = await provision('inventory', '-i', 'hosts.yml', '--from-vagrant', '--host', 'web1');
    expect(JSON.parse(listed.stdout)).to.include({
      ansible_host: '10.119.0.21',
      ansible_user: 'vagrant',
      ansible_port: 22,
    });
  });

  it('refuses a machine that shows another key without having been made anew', async () => {
    const pinned = keysOf('lb1');
    await onMachine('lb1', 'rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh');
    const refused = async (): Promise<void> => {
      const ran = await provision('exec', '-i', 'hosts.yml', '--from-vagrant', 'lb1', '--', 'true');
      expect(ran.status, ran.text).to.equal(3);
      expect(ran.stdout).to.match(/the host key of 10\.119\.0\.11 is not the pinned one/);
    };
    await refused();
    // Asking Vagrant again does not help the one in between.
    const renewed = await provision('inventory', '-i', 'hosts.yml', '--from-vagrant');
    expect(renewed.status, renewed.text).to.equal(0);
    await refused();
    expect(keysOf('lb1')).to.equal(pinned);
  });

  it('pins the key of a machine that was made anew', async () => {
    const old = keysOf('lb1');
    const gone = await vagrant('destroy', '-f', 'lb1');
    expect(gone.status, gone.text).to.equal(0);
    const without = await provision('exec', '-i', 'hosts.yml', '--from-vagrant', 'all', '--', 'true');
    expect(without.status, without.text).to.equal(5);
    expect(without.stderr).to.match(/Vagrant has made no machine for lb1 in /);
    const limited = await provision(
      'exec',
      '-i',
      'hosts.yml',
      '--from-vagrant',
      'all',
      '-l',
      'web1',
      '--',
      'true',
    );
    expect(limited.status, limited.text).to.equal(0);
    const up = await vagrant('up', 'lb1');
    expect(up.status, up.text).to.equal(0);
    // One machine alone is left bare.
    expect(up.text).not.to.match(/PLAY/);
    const ran = await provision('exec', '-i', 'hosts.yml', '--from-vagrant', 'all', '--', 'true');
    expect(ran.status, ran.text).to.equal(0);
    expect(ran.stderr)
      .to.match(/lb1: host keys pinned/)
      .and.not.to.match(/web1/);
    expect(keysOf('lb1')).not.to.equal(old);
  });

  it('destroys everything, also when the inventory is gone', async () => {
    await rm(join(dir, 'site/hosts.yml'));
    const ran = await vagrant('destroy', '-f', '--parallel');
    expect(ran.status, ran.text).to.equal(0);
    expect(await readdir(join(dir, 'site/.vagrant'))).not.to.include('provision');
    if (startedNetwork) await stopNetwork();
    startedNetwork = false;
    if (!atFirst.includes(leases)) await rm(leases, { force: true });
    expect(await observe()).to.deep.equal(atFirst);
  });
});

type Machine = readonly string[];

/** What Vagrant, LXC and its network could leave on the machine. */
async function observe(): Promise<Machine> {
  const links = await readdir('/sys/class/net');
  const containers = await readdir('/var/lib/lxc').catch(() => []);
  const tables = await execute(['sh', '-c', 'nft list tables 2>/dev/null; pgrep -ax dnsmasq || :'], {
    cwd: root,
  });
  return [
    // Those of other clusters come and go.
    ...links.filter((name) => !/^pv(?!-[0-9a-f]{10}$)/.test(name)),
    ...containers,
    ...tables.stdout.split('\n').filter((line) => /lxc/.test(line)),
    ...(existsSync(leases) ? [leases] : []),
  ].sort();
}

/** In CI what is missing is installed; elsewhere a suite of this size is nothing to put on a machine unasked. */
async function needsPackages(context: Mocha.Context): Promise<void> {
  const asked = await execute(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], {
    cwd: root,
  });
  const missing = packages.filter((name) => !asked.stdout.includes(`${name} installed\n`));
  if (missing.length === 0) return;
  if (process.env['CI'] !== 'true') {
    report(`    skipped, for want of ${missing.join(' ')}`);
    context.skip();
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = [
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=120',
    'install',
    '-qy',
    '--no-install-recommends',
    ...missing,
  ];
  await execute(['apt-get', 'update', '-q'], { cwd: root, env });
  const ran = await execute(install, { cwd: root, env });
  expect(ran.status, ran.text).to.equal(0);
}

/** The limit that Debian's package lxc sets at the next boot: the default of 128 is used up by a dozen hosts of other suites. */
async function allowInotify(): Promise<void> {
  const file = '/proc/sys/fs/inotify/max_user_instances';
  if (Number(readFileSync(file, 'utf8')) < 1024) await writeFile(file, '1024');
}

/** The bridge would stay behind with a card on it; the kernel takes away those of containers when it has time. */
async function stopNetwork(): Promise<void> {
  const cards = async (): Promise<number> =>
    (await readdir('/sys/class/net/lxcbr0/brif').catch(() => [])).length;
  for (let left = 40; left > 0 && (await cards()) > 0; left -= 1)
    await new Promise((resolve) => setTimeout(resolve, 250));
  await execute([lxcNet, 'stop'], { cwd: root });
}

function lastOf(ran: Ran): string {
  return ran.text.split('\n').slice(-40).join('\n');
}

function seconds(began: number): string {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`;
}
