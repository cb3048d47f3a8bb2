import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './drills/balancers.js';
import { laterPackages } from './later-packages.js';
import { expectUntouched, noteState } from './state.js';
import {
  createProject,
  exampleOf,
  execute,
  needsCluster,
  recapOf,
  report,
  root,
  type Project,
  type Ran,
} from './support.js';

/** The role common on real hosts of two releases; above all that the ssh server's settings cannot lock anybody out. */
const inventory = `all:
  vars:
    cluster_name: demo
    cluster_subnet: 10.77.0.0/24
    ansible_user: admin
    ansible_become: true
    ansible_ssh_private_key_file: <%= inventory_dir %>/../.provision/cluster/demo/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile=<%= quote(\`\${inventory_dir}/../.provision/cluster/demo/known_hosts\`) %>
  hosts:
    new: { ansible_host: 10.77.0.11, cluster_suite: trixie }
    old: { ansible_host: 10.77.0.12, cluster_suite: bookworm }
`;

describe('the role common', function () {
  this.bail(true);
  let project: Project;

  before(async function () {
    needsCluster(this);
    project = await createProject({ cluster: 'test-common', range: 94, inventory });
    await project.write('site.yml', '- hosts: all\n  roles: [common]\n');
    succeeded(await project.provision('cluster', 'up', '-i', project.inventory));
  });

  after(async () => {
    if (!project) return;
    await project.provision('cluster', 'down', '-i', project.inventory);
    await project.remove();
  });

  const run = (...args: string[]): Promise<Ran> =>
    project.provision('-i', project.inventory, 'site.yml', ...args);
  const on = (host: string, command: string): Promise<Ran> =>
    project.provision('exec', '-i', project.inventory, '-T', '3', host, '--', command);
  const withSsh = (settings: object, seconds = 60): string[] => {
    const times = { common_ssh_login_timeout: 5, common_ssh_rollback_seconds: seconds };
    return ['-l', 'old', '-e', JSON.stringify({ common_ssh_settings: settings, ...times })];
  };

  it('plans on bare hosts without touching them', async () => {
    await noteState(project);
    succeeded(await run('--check'));
    await expectUntouched(project);
  });

  it('brings two releases into shape, and has nothing to do the second time', async () => {
    const first = await run('-v');
    succeeded(first);
    expect(first.stdout).to.match(/changed +.* +common : confirm the settings of the ssh server/);
    report(`      first run: ${/in ([\d.]+ s)$/m.exec(first.stdout)?.[1] ?? '?'}`);
    await nothingToDo();
    const trips = [...recapOf((await run('-v')).stdout).values()].map((row) => row.roundTrips);
    report(`      round trips of a converged run: ${trips.join(' ')}`);
  });

  it('runs the example of README.md, and goes back', async () => {
    await project.write('readme.yml', await exampleOf('common'));
    succeeded(await project.provision('-i', project.inventory, 'readme.yml'));
    const seen = await on('all', 'sshd -T | grep -i -e maxauthtries -e allowusers; date +%Z; sudo -l -U ada');
    expect(
      seen.stdout.match(/maxauthtries 4\nallowusers admin\nallowusers ada\nCET/g),
      seen.text,
    ).to.have.length(2);
    expect(seen.stdout).to.match(/NOPASSWD: ALL/);
    succeeded(await run());
    expect((await on('all', 'sshd -T')).stdout).not.to.match(/allowusers/);
  });

  it('forwards nothing, except on a host over which others are reached, which refuses to cut them off', async () => {
    const [gate, behind] = ['10.94.0.11', '10.94.0.12'];
    const keys = join(project.dir, '.provision/cluster/test-common');
    const login = `Host ${gate}\n  User admin\n  IdentityFile ${keys}/id_ed25519\n  UserKnownHostsFile ${keys}/known_hosts\n`;
    const through = async (config: string, file: string, ...args: string[]): Promise<Ran> => {
      await project.write('home/.ssh/config', login + config);
      const bin = process.env['PROVISION_TEST_BIN'] ?? join(root, 'bin', 'provision.js');
      const [verb = '', ...rest] = args;
      return execute([process.execPath, bin, verb, '-i', file, ...rest], {
        cwd: project.dir,
        env: { HOME: join(project.dir, 'home') },
      });
    };
    const forwarding = async (): Promise<string> => (await on('new', 'sshd -T | grep -i allowtcp')).stdout;
    const plain = await readFile(join(project.dir, project.inventory), 'utf8');
    const jumps = plain.replace(
      `ansible_host: ${behind},`,
      `ansible_host: ${behind}, ansible_ssh_extra_args: -J admin@${gate},`,
    );
    expect(jumps).to.not.equal(plain);
    await project.write('inventory/jumps.yml', jumps);

    // Closed, for an administrator too.
    expect(await forwarding()).to.match(/allowtcpforwarding no/);
    const closed = await through('', 'inventory/jumps.yml', 'exec', 'old', '--', 'true');
    expect(closed.status, closed.text).to.not.equal(0);

    // Where the inventory says that another host is behind it: open, and it stays open.
    succeeded(await through('', 'inventory/jumps.yml', 'run', 'site.yml', '-l', 'new'));
    expect(await forwarding()).to.match(/allowtcpforwarding local/);
    succeeded(await through('', 'inventory/jumps.yml', 'run', 'site.yml'));
    const told = await through(
      '',
      'inventory/jumps.yml',
      'run',
      'site.yml',
      '-e',
      'common_ssh_tcp_forwarding=no',
    );
    expect(told.status, told.text).to.equal(1);
    expect(told.text).to.match(/old is reached through this host: with AllowTcpForwarding no/);

    // Where only ~/.ssh/config says so: what passes through it at that moment counts.
    const used = await through(
      `Host ${behind}\n  ProxyJump admin@${gate}\n`,
      project.inventory,
      'run',
      'site.yml',
    );
    expect(used.status, used.text).to.equal(1);
    expect(used.text)
      .to.match(/a login to 10\.94\.0\.12:22 passes through this host/)
      .and.to.match(/the file is left as it was/);
    succeeded(
      await through(
        `Host ${behind}\n  ProxyJump admin@${gate}\n`,
        project.inventory,
        'exec',
        'old',
        '--',
        'true',
      ),
    );

    // Nothing is behind it any more.
    succeeded(await run());
    expect(await forwarding()).to.match(/allowtcpforwarding no/);
    await nothingToDo();
  });

  it('a typo fails the run and leaves the server as it is', async () => {
    const before = await server();
    const ran = await run(...withSsh({ X11Forwardin: 'no' }));
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout)
      .to.match(/Bad configuration option: X11Forwardin/)
      .and.to.match(/the file is left as it was/);
    expect(await server()).to.equal(before);
    await nothingToDo();
  });

  it('settings that shut the login out are taken back by the run, which fails', async () => {
    const before = await settings();
    const began = Date.now();
    const ran = await run(...withSsh({ AllowUsers: 'nobody' }));
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout)
      .to.match(/common : a new login works\n.*no new login to the host works within 5 s/)
      .and.to.match(/provision-candidate\.conf is put back as before/);
    succeeded(await on('old', 'true'));
    report(`      AllowUsers nobody: undone, in again ${seconds(began)} s after the run began`);
    expect(await settings()).to.equal(before);
    await nothingToDo();
  });

  it('when the controller is killed meanwhile, the host takes them back by itself', async () => {
    const before = await settings();
    await project.provisionUntil(
      /changed +old +common : take up the settings/,
      ...['-i', project.inventory, 'site.yml', ...withSsh({ Port: 2222 }, 12)],
    );
    const began = Date.now();
    expect((await on('old', 'true')).text, 'port 22 is closed').to.match(/refuses the connection/);
    await loginWorks();
    report(`      a wrong port, the controller killed: in again after ${seconds(began)} s (timer: 12 s)`);
    expect(Date.now() - began).to.be.within(7000, 16_000);
    expect(await settings()).to.equal(before);
    const next = await run('-v');
    succeeded(next);
    expect(next.stdout).to.match(/changed +old +common : settings of the ssh server/);
    await nothingToDo();
  });

  it('a boot before they are confirmed has the former ones', async () => {
    const before = await settings();
    await project.provisionUntil(
      /changed +old +common : take up the settings/,
      ...['-i', project.inventory, 'site.yml', ...withSsh({ AllowUsers: 'nobody' }, 900)],
    );
    expect((await on('old', 'true')).status).not.to.equal(0);
    const began = Date.now();
    succeeded(await project.provision('cluster', 'fault', '-i', project.inventory, 'old', 'power'));
    succeeded(await project.provision('cluster', 'heal', '-i', project.inventory));
    await loginWorks();
    report(`      AllowUsers nobody, power lost: in again after ${seconds(began)} s (timer: 900 s)`);
    expect(await settings()).to.equal(before);
    succeeded(await run());
    await nothingToDo();
  });

  it('a port that is taken on a release without a reload that answers: the reason is told, the server comes back', async () => {
    const before = await settings();
    succeeded(
      await on(
        'old',
        'systemd-run --quiet --collect --unit=taker perl -MIO::Socket::IP -e \'my @s = IO::Socket::IP->new(Listen => 5, LocalHost => "::", LocalPort => 2222, V6Only => 0) or die; sleep 300\'',
      ),
    );
    const ran = await run(...withSsh({ Port: 2222 }));
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout)
      .to.match(/sshd-settings load 60 failed: exit code 1\n.*Bind to port 2222 on .* Address already in use/)
      .and.to.match(/provision-candidate\.conf is put back as before/);
    succeeded(await on('old', 'systemctl stop taker'));
    expect(await settings()).to.equal(before);
    await nothingToDo();
  });

  it('units by a template’s name and by the alias of a disabled one; files with an old time are read', async () => {
    const unitText = (seconds: number): string => `[Service]\\nExecStart=/bin/sleep ${seconds}\\n`;
    const older = (seconds: number): string =>
      `printf '${unitText(seconds)}' >/tmp/odd && touch -d 2020-01-01 /tmp/odd && cp -p /tmp/odd /etc/systemd/system/odd.service`;
    const loaded = (seconds: number): string =>
      `systemctl show -p ExecStart odd | grep -q 'sleep ${seconds}'`;
    const tasks = (...lines: string[]): string =>
      ['- hosts: all', '  gather_facts: false', '  tasks:', ...lines.map((line) => `    - ${line}`), ''].join(
        '\n',
      );
    await project.write(
      'units.yml',
      tasks(
        'service: { name: getty@, masked: true }',
        'service: { name: systemd-logind, state: started, enabled: true }',
        'service: { name: systemd-timesyncd, enabled: true }',
        'service: { name: sshd, enabled: false }',
      ),
    );
    const units = (): Promise<Ran> => project.provision('-i', project.inventory, 'units.yml', '-v');
    const first = await units();
    succeeded(first);
    expect(first.stdout).to.match(/ssh\.service +enabled: enabled -> disabled/);
    const second = await units();
    succeeded(second);
    for (const [host, row] of recapOf(second.stdout))
      expect(row.changed, `${host}\n${second.text}`).to.equal(0);

    await project.write(
      'files.yml',
      tasks(
        `shell: ${JSON.stringify(older(300))}`,
        'service: { name: odd, state: started, daemon_reload: true }',
        `shell: ${JSON.stringify(older(301))}`,
        'service: { name: odd, state: restarted }',
        `shell: ${JSON.stringify(loaded(301))}`,
        `shell: ${JSON.stringify(older(302))}`,
        `systemd_unit: { name: odd, content: ${JSON.stringify(unitText(302).replaceAll('\\n', '\n'))} }`,
        `shell: ${JSON.stringify(loaded(302))}`,
        'systemd_unit: { name: odd, state: absent }',
        'service: { name: getty@, masked: false }',
        'service: { name: sshd, enabled: true }',
      ),
    );
    succeeded(await project.provision('-i', project.inventory, 'files.yml'));
    await nothingToDo();
  });

  it('facts are what the host’s own tools say', async () => {
    const facts: Readonly<Record<string, string>> = {
      memtotal_mb: "awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo",
      swaptotal_mb: "awk '/^SwapTotal:/ { print int($2 / 1024) }' /proc/meminfo",
      processor_vcpus: 'nproc --all',
      hostname: 'hostname -s',
      nodename: 'uname -n',
      fqdn: 'hostname -f',
      kernel: 'uname -r',
      architecture: 'uname -m',
      system: 'uname -s',
      distribution: '. /etc/os-release && echo Debian',
      distribution_major_version: '. /etc/os-release && echo "$VERSION_ID"',
      distribution_release: '. /etc/os-release && echo "$VERSION_CODENAME"',
      service_mgr: 'ps -p 1 -o comm=',
      systemd_version: "systemctl --version | awk 'NR == 1 { print $2 }'",
      machine_id: 'cat /etc/machine-id',
      user_id: 'id -un',
    };
    const tasks = Object.entries(facts).flatMap(([name, shell]) => [
      `    - { shell: ${JSON.stringify(shell)}, register: said, changed_when: false }`,
      `    - assert: { that: "String(ansible_${name}) === said.stdout.trim()", fail_msg: "${name}: <%= ansible_${name} %> is not <%= said.stdout %>" }`,
    ]);
    const more = [
      `    - { shell: "ip -4 -o address show scope global | awk '{ print $4 }' | cut -d/ -f1 | sort", register: said, changed_when: false }`,
      '    - assert: { that: "ansible_all_ipv4_addresses.toSorted().join() === said.stdout_lines.join()" }',
      `    - { shell: "df -P -B1 / | awk 'END { print $2 }'", register: said, changed_when: false }`,
      `    - assert: { that: "String(ansible_mounts.find((one) => one.mount === '/').size_total) === said.stdout.trim()" }`,
    ];
    await project.write('facts.yml', ['- hosts: all', '  tasks:', ...tasks, ...more, ''].join('\n'));
    succeeded(await project.provision('-i', project.inventory, 'facts.yml'));
  });

  it('a dry run of other settings touches nothing', async () => {
    await noteState(project);
    const other = {
      common_ssh_settings: { MaxAuthTries: 2 },
      common_sysctl: { 'net.core.somaxconn': 1000 },
      common_journald_max: '100M',
      common_hosts_extra: { elsewhere: '192.0.2.9' },
    };
    const dry = await run('--check', '-e', JSON.stringify(other));
    succeeded(dry);
    for (const [, row] of recapOf((await run('--check', '-v', '-e', JSON.stringify(other))).stdout))
      expect(row.changed).to.be.above(5);
    await expectUntouched(project);
  });

  it('a kernel setting that the host may not change fails, says so, and is not left in the file', async () => {
    const ran = await run('-l', 'old', '-e', '{"common_sysctl": {"vm.swappiness": 7}}');
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout).to.match(
      /The host does not let it be set: a container shares the settings of its host/,
    );
    expect((await on('old', 'cat /etc/sysctl.d/*provision*')).stdout).not.to.match(/swappiness/);
  });

  it('verification finds what differs now, or would after a boot, and the next run mends it', async () => {
    await on(
      'new',
      'sysctl -qw net.core.somaxconn=128; sed -i /tcp_syncookies/d /etc/sysctl.d/99-zz-provision.conf; echo "MaxAuthTries 1" >>/etc/ssh/sshd_config.d/10-provision.conf; sed -i "s/10.94.0.12/10.94.0.13/" /etc/hosts',
    );
    const verified = await project.provision('verify', '-i', project.inventory, 'site.yml', '-l', 'new');
    expect(verified.status, verified.text).to.equal(4);
    expect(verified.stdout)
      .to.match(/net\.core\.somaxconn is 128, expected 4096/)
      .and.to.match(/kernel setting after a boot \[net\.ipv4\.tcp_syncookies\]/)
      .and.to.match(/10-provision\.conf is not what was last put there/)
      .and.to.match(/not known, or by another address: old/);
    succeeded(await run());
    await nothingToDo();
  });

  it('security updates come by themselves, and restart nothing', async () => {
    const later = laterPackages(project, 'all');
    succeeded(await later.prepare('nginx'));
    succeeded(await on('all', 'systemctl restart nginx'));
    succeeded(await later.offer(['libc6', 'nginx']));
    const before = await until('nginx runs for a while', 20, async () => {
      const found = await later.processes(['nginx', 'ssh']);
      return [...found.values()].flat().length < 6 ? undefined : found;
    });
    const began = Date.now();
    const ran = await later.upgrade();
    succeeded(ran);
    const after = await later.processes(['nginx', 'ssh']);
    expect([...before.keys()].sort()).to.deep.equal(['new', 'old']);
    for (const [host, processes] of before) {
      expect(after.get(host), `${host}\n${ran.text}`).to.include.members(processes);
    }
    // What carries the traffic is left to runs of the playbook, which take one host after the other.
    const installed = await later.installed();
    expect(installed.size).to.equal(2);
    for (const [host, names] of installed)
      expect(names, `${host}\n${ran.text}`)
        .to.have.length(1)
        .and.to.satisfy(([name = '']: string[]) => name.startsWith('libc6 '));
    report(
      `      libc6 upgraded on two releases in ${seconds(began)} s: ${[...before.values()].flat().length} processes of nginx and ssh went on; ${/Package nginx is blacklisted/.exec(ran.text)?.[0] ?? '?'}`,
    );
    const origins = ran.stdout.match(/Allowed origins are: .*/g) ?? [];
    expect(origins, ran.text).to.have.length.at.least(2);
    for (const line of origins)
      expect(line)
        .to.match(/Debian-Security/)
        .and.not.to.match(/label=Debian(,|$| )/);
    const timers = await on('all', 'systemctl list-timers apt-daily-upgrade.timer --no-legend');
    expect(timers.stdout.match(/apt-daily-upgrade\.timer +apt-daily-upgrade\.service/g)).to.have.length(2);
    succeeded(await later.withdraw());
    await nothingToDo();
  });

  async function loginWorks(): Promise<void> {
    await until('a login works', 60, async () => ((await on('old', 'true')).status === 0 ? true : undefined));
  }

  /** What the server makes of its settings. */
  async function settings(): Promise<string> {
    const { stdout, status, text } = await on(
      'old',
      'sshd -T && cat /etc/ssh/sshd_config.d/10-provision.conf',
    );
    expect(status, text).to.equal(0);
    return stdout.replace(/^.*\n/, '');
  }

  async function server(): Promise<string> {
    const { stdout } = await on('old', 'systemctl show -p MainPID,StateChangeTimestamp ssh.service');
    return stdout.replace(/^.*\n/, '');
  }

  async function nothingToDo(): Promise<void> {
    const ran = await run('-v');
    succeeded(ran);
    for (const [host, row] of recapOf(ran.stdout)) expect(row.changed, `${host}\n${ran.text}`).to.equal(0);
  }
});

function seconds(began: number): string {
  return ((Date.now() - began) / 1000).toFixed(1);
}

function succeeded(ran: Ran): void {
  expect(ran.status, ran.text.slice(-6000)).to.equal(0);
}
