import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { until } from './drills/balancers.js';
import { expectUntouched, noteState } from './state.js';
import {
  createProject,
  exampleOf,
  needsCluster,
  recapOf,
  report,
  type Project,
  type Ran,
} from './support.js';

/** The role firewall on real hosts of two releases: what gets through, and that nobody can lock himself out. */
const inventory = readFileSync(new URL('firewall/inventory.yml', import.meta.url), 'utf8');
const address = { lb: '10.94.0.11', app: '10.94.0.31', db: '10.94.0.41' } as const;

describe('the role firewall', function () {
  this.bail(true);
  let project: Project;

  before(async function () {
    needsCluster(this);
    project = await createProject({ cluster: 'test-firewall', range: 94, inventory });
    await project.write('site.yml', '- hosts: all\n  roles: [firewall]\n');
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
  /** rules by which the controller cannot log in any more, while what is open goes on */
  const lockedOut = (seconds: number): string[] => {
    const sources = { firewall_ssh_sources: ['192.0.2.1'], firewall_login_timeout: 5 };
    return ['-l', 'db', '-e', JSON.stringify({ ...sources, firewall_rollback_seconds: seconds })];
  };

  it('plans on bare hosts without touching them', async () => {
    succeeded(await project.provision('cluster', 'up', '-i', project.inventory));
    await noteState(project);
    const dry = await run('--check');
    succeeded(dry);
    expect(dry.stdout).to.match(/firewall : rules /);
    await expectUntouched(project);
  });

  it('comes into force after a new login, leaves the tables of others alone, and has nothing to do the second time', async () => {
    await project.write(
      'listen.yml',
      `- hosts: all
  tasks:
    - apt: { name: [nftables, socat], install_recommends: false }
    - shell: >-
        nft add table ip others && nft add chain ip others count && nft add rule ip others count counter &&
        systemd-run --unit=listen-80 socat TCP-LISTEN:80,fork,reuseaddr EXEC:hostname &&
        systemd-run --unit=listen-3306 socat TCP-LISTEN:3306,fork,reuseaddr EXEC:hostname
`,
    );
    succeeded(await project.provision('-i', project.inventory, 'listen.yml'));
    for (const host of ['lb', 'app'] as const) expect((await tcp(host, 'db', 3306)).said).to.equal('db');
    const first = await run('-v');
    succeeded(first);
    expect(first.stdout).to.match(/changed +.*db.* +firewall : confirm the rules/);
    const second = await run('-v');
    succeeded(second);
    for (const [host, row] of recapOf(second.stdout)) expect(row.changed, host).to.equal(0);
    const trips = (ran: Ran): string =>
      [...recapOf(ran.stdout).values()].map((row) => row.roundTrips).join(' ');
    const alone = await run('-v', '--no-verify');
    report(`      round trips of a converged run: ${trips(second)}, without verification ${trips(alone)}`);
    const tables = await on('all', 'nft list tables');
    expect(tables.stdout.match(/table ip others\ntable inet provision/g), tables.text).to.have.length(3);
  });

  it('lets the application host into the database, and no other tier and no stranger', async () => {
    expect((await tcp('app', 'db', 3306)).said).to.equal('db');
    const tier = await tcp('lb', 'db', 3306);
    expect([tier.said, tier.why]).to.deep.equal(['', 'No route to host']);
    expect(await strange('db', 3306)).to.equal('no answer');
    expect(await strange('lb', 80)).to.equal('lb');
    report(`      database from another tier: refused after ${tier.ms} ms; from a stranger: no answer`);
  });

  it('lets IPv6 find its neighbours, by the same rules', async () => {
    // What cannot be set is told by the ping that follows.
    const six = (host: string, last: number): Promise<Ran> =>
      on(
        host,
        `sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0; ip address add fd94::${last}/64 dev eth0 nodad; ip -6 neighbour flush all`,
      );
    for (const [host, last] of [
      ['app', 31],
      ['db', 41],
    ] as const)
      succeeded(await six(host, last));
    succeeded(await on('app', 'ping -6 -c 1 -W 3 fd94::41'));
    const closed = await on('app', `timeout 2 bash -c ': </dev/tcp/fd94::41/3306'`);
    expect(closed.text).to.match(/rc=124/);
  });

  it('a dry run of other rules touches nothing', async () => {
    await noteState(project);
    const dry = await run('--check', '-D', '-e', '{"firewall_ping": false}');
    succeeded(dry);
    expect(dry.stdout)
      .to.match(/-\t\ticmp type echo-request accept/)
      .and.to.match(/firewall : load the rules/);
    await expectUntouched(project);
  });

  it('a typo fails the run and leaves the rules as they are', async () => {
    const before = await rules();
    const ran = await run('-l', 'db', '-e', '{"firewall_extra": "tcp dprot 22 accept"}');
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout)
      .to.match(/syntax error, unexpected (string|dprot)/)
      .and.to.match(/the file is left as it was/);
    expect(await rules()).to.equal(before);
    const unknown = await run('-l', 'db', '-e', '{"firewall_rules": [{"ports": 1, "from": "apservers"}]}');
    expect(unknown.status, unknown.text).to.equal(1);
    expect(unknown.stdout).to.match(/names apservers, which is no group and no host of the inventory/);
    succeeded(await run('-v'));
  });

  it('rules that lock the controller out are taken back by the run, which fails', async () => {
    const before = await rules();
    const began = Date.now();
    const running = run(...lockedOut(60));
    const out = await lockOut();
    const ran = await running;
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout)
      .to.match(/firewall : a new login works\n.*no new login to the host works within 5 s/)
      .and.to.match(/candidate\.nft is put back as before/);
    report(
      `      locked out, the run's own connection open: in again after ${out.seconds} s (run: ${seconds(began)} s)`,
    );
    expect(await rules()).to.equal(before);
    await nothingToDo();
  });

  it('when the controller is killed meanwhile, the host takes the rules back by itself', async () => {
    const before = await rules();
    const args = ['-i', project.inventory, 'site.yml', ...lockedOut(12)];
    const [out] = await Promise.all([
      lockOut(),
      project.provisionUntil(/changed +db +firewall : load the rules/, ...args),
    ]);
    report(`      locked out, the controller killed: in again after ${out.seconds} s (timer: 12 s)`);
    expect(Number(out.seconds)).to.be.within(8, 16);
    expect(await rules()).to.equal(before);
    const verified = await project.provision('verify', '-i', project.inventory, 'site.yml', '-l', 'db');
    expect(verified.status, verified.text).to.equal(4);
    expect(verified.stdout).to.match(/was not confirmed: a boot would give other rules/);
    const next = await run('-l', 'db', '-v');
    succeeded(next);
    expect(next.stdout).to.match(/changed +db +firewall : confirm the rules/);
    await nothingToDo();
  });

  it('a host that boots before the rules are confirmed has the former ones', async () => {
    const before = await rules();
    await Promise.all([
      lockOut(false),
      project.provisionUntil(
        /changed +db +firewall : load the rules/,
        ...['-i', project.inventory, 'site.yml', ...lockedOut(900)],
      ),
    ]);
    expect(await banner('db'), 'the new rules are not in force').to.equal(undefined);
    const began = Date.now();
    succeeded(await project.provision('cluster', 'fault', '-i', project.inventory, 'db', 'power'));
    succeeded(await project.provision('cluster', 'heal', '-i', project.inventory));
    await until('a login works', 60, async () => ((await on('db', 'true')).status === 0 ? true : undefined));
    report(`      locked out, power lost: in again after ${seconds(began)} s (timer: 900 s)`);
    expect(await rules()).to.equal(before);
    await on('db', 'systemd-run --unit=listen-3306 socat TCP-LISTEN:3306,fork,reuseaddr EXEC:hostname');
    succeeded(await run('-l', 'db'));
    await nothingToDo();
  });

  it('confirmed rules survive a reboot', async () => {
    succeeded(await run('-l', 'db', '-e', '{"firewall_ping": false}'));
    const before = await rules();
    expect(before).not.to.match(/echo-request/);
    const booted = (await on('db', 'stat -c %Y /proc/1')).stdout;
    await on('db', 'systemctl reboot');
    await until('it has booted', 60, async () => {
      const now = await on('db', 'stat -c %Y /proc/1');
      return now.status === 0 && now.stdout.split('\n')[1] !== booted.split('\n')[1] ? true : undefined;
    });
    expect(await rules()).to.equal(before);
    expect((await tcp('lb', 'db', 3306)).why).to.equal('No route to host');
    succeeded(await run('-l', 'db'));
  });

  it('runs the example of README.md, with addresses that are there', async () => {
    const example = (await exampleOf('firewall')).replaceAll('192.0.2.', '10.94.0.');
    await project.write('readme.yml', example);
    const ran = await project.provision('-i', project.inventory, 'readme.yml');
    succeeded(ran);
    expect(await rules())
      .to.match(/ip saddr 10\.94\.0\.60 tcp dport 9100 accept comment "node exporter"/)
      .and.to.match(/ip6 saddr 2001:db8:1::\/48 tcp dport 22 accept comment "ssh"/);
    succeeded(await run());
  });

  it('what was changed by hand is put right, and said', async () => {
    await on('db', 'nft insert rule inet provision input tcp dport 3306 accept; nft delete table ip others');
    await on('app', 'nft flush ruleset');
    const verified = await project.provision('verify', '-i', project.inventory, 'site.yml');
    expect(verified.status, verified.text).to.equal(4);
    expect(verified.stdout)
      .to.match(/FAILED +lb +firewall : what this host may reach/)
      .and.to.match(/port 3306 of 10\.94\.0\.41 is open instead of closed/);
    const ran = await run('-v');
    succeeded(ran);
    expect(ran.stdout)
      .to.match(/the rules in force \(-\) are not those of the file \(\+\)/)
      .and.to.match(/the kernel has no table inet provision/);
    expect((await tcp('lb', 'db', 3306)).why).not.to.equal('');
    await nothingToDo();
  });

  it('goes without a trace when it is not wanted', async () => {
    succeeded(await run('-e', '{"firewall_enabled": false}'));
    const left = await on(
      'all',
      'nft list tables; ls -d /etc/firewall /etc/systemd/system/provision-* 2>/dev/null',
    );
    expect(left.stdout).not.to.match(/provision/);
    await until('anybody gets in', 10, () => banner('db'));
  });

  /** The rules in force, and those of the next boot, of the host that they are tried on. */
  async function rules(): Promise<string> {
    const { stdout, status, text } = await on(
      'db',
      'nft -s list table inet provision; grep -v "^#" /etc/firewall/rules.nft',
    );
    expect(status, text).to.equal(0);
    return stdout.replace(/^.*\n/, '');
  }

  async function nothingToDo(): Promise<void> {
    const ran = await run('-v');
    succeeded(ran);
    for (const [host, row] of recapOf(ran.stdout)) expect(row.changed, `${host}\n${ran.text}`).to.equal(0);
  }

  /** Wait until nobody gets in any more, and (unless that is all) until somebody does again. */
  async function lockOut(untilOver = true): Promise<{ seconds: string }> {
    await until('nobody gets in', 60, async () => ((await banner('db')) === undefined ? true : undefined));
    const began = Date.now();
    if (untilOver) await until('somebody gets in', 60, () => banner('db'));
    return { seconds: seconds(began) };
  }

  /** From one host to another: what it says, else why there is no connection. */
  async function tcp(
    from: keyof typeof address,
    to: keyof typeof address,
    port: number,
  ): Promise<{ said: string; why: string; ms: number }> {
    const code = `began=$(date +%s%N); said=$(LC_ALL=C timeout 3 bash -c 'cat </dev/tcp/${address[to]}/${port}' 2>&1); echo "[$said] $((($(date +%s%N) - began) / 1000000)) ms"`;
    const { stdout, text } = await on(from, code);
    const [, said = '', ms] = /\[([^]*)\] (\d+) ms/.exec(stdout) ?? expect.fail(text);
    const why = /: (No route to host|Connection refused)$/m.exec(said)?.[1];
    return { said: why === undefined ? said.trim() : '', why: why ?? '', ms: Number(ms) };
  }

  /** From the machine, which is no host of the inventory. */
  function strange(to: keyof typeof address, port: number): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect({ host: address[to], port, timeout: 1500 });
      const end = (said: string): void => {
        socket.destroy();
        resolve(said);
      };
      socket.once('data', (data) => end(data.toString().trim()));
      socket.once('timeout', () => end('no answer'));
      socket.once('error', (error) => end(error.message));
    });
  }

  async function banner(to: keyof typeof address): Promise<string | undefined> {
    const said = await strange(to, 22);
    return said.startsWith('SSH-') ? said : undefined;
  }
});

function seconds(began: number): string {
  return ((Date.now() - began) / 1000).toFixed(1);
}

function succeeded(ran: Ran): void {
  expect(ran.status, ran.text.slice(-6000)).to.equal(0);
}
