import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createProject, execute, needsCluster, root, type Project, type Ran } from './support.js';

/** What operators run into, on two real hosts: one clear error each, and nothing half-done on the host. */
const inventory = `all:
  vars:
    cluster_name: demo
    cluster_subnet: 10.77.0.0/24
    ansible_user: admin
    ansible_become: true
    ansible_ssh_private_key_file: <%= inventory_dir %>/../.provision/cluster/demo/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile=<%= quote(\`\${inventory_dir}/../.provision/cluster/demo/known_hosts\`) %>
    nginx_sites:
      - { name: plain, default: true, source: <%= inventory_dir %>/../page }
  hosts:
    one: { ansible_host: 10.77.0.11 }
    two: { ansible_host: 10.77.0.12 }
`;

describe('faults on real hosts', function () {
  let project: Project;
  const run = (...args: string[]): Promise<Ran> => project.provision('-i', project.inventory, ...args);
  const on = (host: string, command: string): Promise<Ran> =>
    project.provision('exec', '-i', project.inventory, host, '--', command);

  before(async function () {
    needsCluster(this);
    project = await createProject({ cluster: 'test-faults', range: 92, inventory });
    await project.write('page/index.html', '<title>plain</title>\n');
    const up = await project.provision('cluster', 'up', '-i', project.inventory);
    expect(up.status, up.text).to.equal(0);
  });

  after(async () => {
    if (!project) return;
    await project.provision('cluster', 'down', '-i', project.inventory);
    await project.remove();
  });

  /** A playbook of one task for all hosts. */
  async function task(yaml: string): Promise<void> {
    await project.write(
      'task.yml',
      `- hosts: all\n  gather_facts: false\n  tasks:\n${yaml.replace(/^/gm, '    ')}\n`,
    );
  }

  it('a host is no way into the machine: its users are nobody there', async () => {
    const { stdout } = await on('one', 'cat /proc/self/uid_map');
    const [, first] = /0 +(\d+) +65536/.exec(stdout) ?? [];
    expect(Number(first), stdout).to.be.at.least(2 ** 30);
    const others = /0 +(\d+) +65536/.exec((await on('two', 'cat /proc/self/uid_map')).stdout);
    expect(others?.[1]).not.to.equal(first);
    // A session of the login that goes on: its files and its memory are open to whoever has its uid on the machine.
    const session = on('one', 'sudo -u admin sleep 20');
    await until(async () => (await on('one', 'pgrep -u admin -fx "sleep 20"')).status === 0);
    const [pid] = (
      await execute(['pgrep', '-fx', 'sleep 20', '-u', String(Number(first) + 1000)], { cwd: root })
    ).stdout
      .trim()
      .split('\n');
    expect(pid).to.match(/^\d+$/);
    for (const uid of ['1000', '65534']) {
      const look = await execute(
        [
          'setpriv',
          `--reuid=${uid}`,
          `--regid=${uid}`,
          '--clear-groups',
          'ls',
          `/proc/${pid!}/root/home/admin`,
        ],
        { cwd: '/' },
      );
      expect(look.status, look.text).not.to.equal(0);
      expect(look.stderr).to.match(/Permission denied/);
    }
    await on('one', 'pkill -fx "sleep 20"');
    await session;
  });

  it("the programs of an image are root's alone on the machine", async () => {
    const images = '/var/cache/provision/images';
    const as = (uid: string, ...argv: string[]): Promise<Ran> =>
      execute(['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...argv], { cwd: '/' });
    const [image] = (await execute(['ls', images], { cwd: '/' })).stdout.split('\n');
    expect((await execute(['stat', '-c', '%a %u', images], { cwd: '/' })).stdout).to.equal('700 0\n');
    expect((await as('1234', 'ls', images)).status).not.to.equal(0);
    // Not by setpriv itself, which still has root's capabilities when it looks the program up.
    const ran = await as('1234', 'sh', '-c', `${images}/${image!}/usr/bin/true`);
    expect(ran.text).to.match(/Permission denied/);
  });

  it('a host reaches no port of the machine, whichever of its addresses it tries', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nreached\n')).listen(0, '::');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const bridge = networkInterfaces()['pv-test-faults'] ?? [];
      const local = bridge.find(({ family }) => family === 'IPv6')?.address;
      const others = Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ family, internal }) => family === 'IPv4' && !internal)
        .map(({ address }) => address);
      expect(local).to.match(/^fe80:/);
      expect(others).to.include('10.92.0.1');
      const ours = await execute(['curl', '-sS', '-m', '5', `http://10.92.0.1:${port}/`], { cwd: '/' });
      expect(ours.stdout).to.equal('reached\n');
      for (const address of [...others, `[${local!}%25eth0]`]) {
        const began = Date.now();
        const ran = await on('one', `curl -sS -m 8 http://${address}:${port}/ && echo reached`);
        expect(ran.text, address).to.match(/Connection refused|Could not connect|Couldn't connect/);
        expect(ran.text, address).not.to.include('reached\n');
        expect(Date.now() - began, address).to.be.below(6000);
      }
      // What it needs goes on: the machine answers ping, and the neighbour is there.
      const needed = await on(
        'one',
        'ping -c 1 -W 2 10.92.0.1 && ping -c 1 -W 2 10.92.0.12 && getent hosts deb.debian.org',
      );
      expect(needed.status, needed.text).to.equal(0);
    } finally {
      server.close();
    }
  });

  it('a host that refuses is unreachable; the others go on', async () => {
    await task('- copy: { dest: /etc/reached, content: "yes" }');
    await project.write('inventory/refused.yml', `all: { hosts: { one: { ansible_port: 2222 } } }`);
    const refused = await project.provision(
      '-i',
      project.inventory,
      '-i',
      'inventory/refused.yml',
      'task.yml',
    );
    expect(refused.status, refused.text).to.equal(3);
    expect(refused.stdout)
      .to.match(/one +unreachable/)
      .and.to.match(/10\.92\.0\.11 port 2222 refuses the connection/);
    expect(refused.stdout)
      .to.match(/try: is sshd running there/)
      .and.to.match(/two +1/);
  });

  it('a host that never answers is given up after the timeout', async () => {
    // A stopped sshd: the kernel still takes connections, nobody answers them.
    const systemctl = 'systemctl kill --kill-whom=main ssh.service';
    await on(
      'one',
      `systemd-run --on-active=9 ${systemctl} -s CONT && systemd-run --on-active=1 --timer-property=AccuracySec=100ms ${systemctl} -s STOP`,
    );
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const began = Date.now();
    const ran = await run('task.yml', '-T', '2');
    expect(ran.status, ran.text).to.equal(3);
    expect(ran.stdout).to.match(/no login to 10\.92\.0\.11 port 22 within 2 s/);
    expect(Date.now() - began).to.be.below(8000);
    await new Promise((resolve) => setTimeout(resolve, 9000));
    expect((await on('one', 'true')).status).to.equal(0);
  });

  it('a wrong host key is refused, with the line that pins the right one', async () => {
    const file = join(project.dir, '.provision/cluster/test-faults/known_hosts');
    const good = await readFile(file, 'utf8');
    const lines = good.trim().split('\n');
    const keyOf = (address: string): string =>
      lines
        .find((line) => line.includes(address))
        ?.split(' ')
        .slice(1)
        .join(' ') ?? '';
    const swapped = lines.map((line) =>
      line.includes('10.92.0.11') ? line.replace(keyOf('10.92.0.11'), keyOf('10.92.0.12')) : line,
    );
    await project.write('.provision/cluster/test-faults/known_hosts', `${swapped.join('\n')}\n`);
    const ran = await run('task.yml');
    await project.write('.provision/cluster/test-faults/known_hosts', good);
    expect(ran.status, ran.text).to.equal(3);
    expect(ran.stdout).to.match(/the host key of 10\.92\.0\.11 is not the pinned one/);
    expect(ran.stdout).to.match(/pinned: ssh-ed25519 SHA256:\S+ \(\S+known_hosts:\d+\)/);
    expect(ran.stdout).to.match(/two +1/);
  });

  it('an unknown host key is refused, with its fingerprint', async () => {
    const file = '.provision/cluster/test-faults/known_hosts';
    const good = await readFile(join(project.dir, file), 'utf8');
    await project.write(file, '');
    const ran = await run('task.yml', '-l', 'one');
    await project.write(file, good);
    expect(ran.status, ran.text).to.equal(3);
    expect(ran.stdout)
      .to.match(/the host key of 10\.92\.0\.11 is not known: ssh-ed25519 SHA256:/)
      .and.to.match(/ssh-keyscan/);
  });

  it('a package that does not exist fails the task with what apt says', async () => {
    await task('- apt: { name: no-such-package }');
    const ran = await run('task.yml', '-l', 'one');
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout)
      .to.match(/FAILED +one +apt/)
      .and.to.match(/Unable to locate package no-such-package/);
    expect(ran.stdout).to.match(/task\.yml:4:7/);
  });

  it('a configuration that the daemon rejects never gets into place, and the old one goes on serving', async () => {
    await project.write('web.yml', '- hosts: one\n  roles: [nginx]\n');
    const good = await run('web.yml');
    expect(good.status, good.text).to.equal(0);
    const before = await on(
      'one',
      'stat -c %i,%Y /etc/nginx/nginx.conf; ls -A /etc/nginx; systemctl show -p MainPID nginx',
    );
    const bad = await run('web.yml', '-e', '{"nginx_extra_http": "no_such_directive on;"}');
    expect(bad.status, bad.text).to.equal(1);
    expect(bad.stdout).to.match(/unknown directive "no_such_directive"/);
    expect(bad.stdout).to.match(/the file is left as it was/);
    const after = await on(
      'one',
      'stat -c %i,%Y /etc/nginx/nginx.conf; ls -A /etc/nginx; systemctl show -p MainPID nginx',
    );
    expect(plain(after)).to.equal(plain(before));
    expect((await on('one', 'curl -fsS http://127.0.0.1/')).stdout).to.include('<title>plain</title>');
  });

  it('a full disk fails the task and leaves the old file whole', async () => {
    await on('one', 'mkdir -p /small && mount -t tmpfs -o size=64k tmpfs /small && echo old > /small/file');
    await project.write('big.bin', 'x'.repeat(300_000));
    await task('- copy: { src: big.bin, dest: /small/file }');
    const ran = await run('task.yml', '-l', 'one');
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout).to.match(/No space left on device/);
    expect((await on('one', 'cat /small/file; ls -A /small | wc -l; umount /small')).stdout).to.match(
      /old\n1\n/,
    );
  });

  it('a large file on a full disk leaves nothing behind either', async () => {
    await on('one', 'mkdir -p /small && mount -t tmpfs -o size=1m tmpfs /small');
    await project.write('big.bin', 'x'.repeat(3_000_000));
    const ran = await run('task.yml', '-l', 'one');
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout).to.match(/No space left on device/);
    expect((await on('one', 'ls -A /small | wc -l; umount /small')).stdout).to.match(/\n0\n/);
    const fits = await run('task.yml', '-l', 'one');
    expect(fits.status, fits.text).to.equal(0);
    expect((await on('one', 'stat -c %s /small/file; ls -A /small')).stdout).to.match(/3000000\nfile\n/);
  });

  it('what a task started ends with the controller', async () => {
    await task('- command: sleep 4711');
    const child = spawn(
      process.execPath,
      [join(root, 'bin/provision.js'), '-i', project.inventory, 'task.yml', '-l', 'one'],
      { cwd: project.dir, stdio: 'ignore' },
    );
    await until(async () => (await on('one', 'pgrep -fx "sleep 4711"')).status === 0);
    child.kill('SIGKILL');
    await until(async () => (await on('one', 'pgrep -fx "sleep 4711"')).status !== 0);
  });

  it('two runs do not meet on a host', async () => {
    await task('- command: sleep 12');
    const first = run('task.yml', '-l', 'one');
    await until(async () => (await on('one', 'pgrep -fx "sleep 12"')).status === 0);
    const second = await run('task.yml', '-l', 'one');
    expect(second.status, second.text).to.equal(1);
    expect(second.stdout).to.match(/another run works on the host: \S+@\S+ \(process \d+, run \S+\)/);
    expect((await first).status).to.equal(0);
    expect((await run('task.yml', '-l', 'one')).status).to.equal(0);
  });

  it('sudo with a password: given over stdin, refused when wrong, asked for when missing', async () => {
    await on(
      'two',
      'echo admin:s3cret-word | chpasswd && sed -i s/NOPASSWD:// /etc/sudoers.d/* && passwd -u admin',
    );
    await task('- copy: { dest: /etc/by-sudo, content: "yes" }');
    const without = await run('task.yml', '-l', 'two');
    expect(without.status, without.text).to.equal(1);
    expect(without.stdout)
      .to.match(/become root failed: sudo: a password is required/)
      .and.to.match(/try: .*-K/);
    const wrong = await run('task.yml', '-l', 'two', '-e', 'ansible_become_password=wrong-word');
    expect(wrong.status, wrong.text).to.equal(1);
    expect(wrong.stdout, wrong.text)
      .to.match(/become root failed/)
      .and.to.match(/password for sudo is wrong/);
    const right = await run('task.yml', '-l', 'two', '-e', 'ansible_become_password=s3cret-word', '-vvv');
    expect(right.status, right.text).to.equal(0);
    expect(right.text).not.to.include('s3cret-word');
  });

  it('a login user without sudo rights is told so', async () => {
    await project.provision('cluster', 'reset', '-i', project.inventory, 'two');
    await on('two', 'rm -f /etc/sudoers.d/* && passwd -l admin');
    const ran = await run('task.yml', '-l', 'two');
    expect(ran.status, ran.text).to.equal(1);
    expect(ran.stdout).to.match(/become root failed: sudo: /);
  });
});

function plain(ran: Ran): string {
  return ran.stdout.replace(/ \| \d+ ms/, '');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let left = 40; left > 0; left -= 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('did not come true within the time');
}
