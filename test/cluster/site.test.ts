import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canariesOf, findIn, watchProcesses, withMoreSecrets } from './canaries.js';
import { drills } from './drills/index.js';
import { expectUntouched, noteState } from './state.js';
import {
  createProject,
  execute,
  installPackage,
  openProject,
  needsCluster,
  recapOf,
  report,
  root,
  type Project,
  type Ran,
} from './support.js';

/** The shipped site on seven real hosts: from bare to verified, and then nothing more to do. */
const suites = [
  // The package as a user has it: packed, installed elsewhere, run in a folder of the user's own.
  { suite: 'trixie', cluster: 'test-trixie', range: 90, installed: true },
  { suite: 'bookworm', cluster: 'test-bookworm', range: 91, installed: false },
] as const;

// For work on a drill: the folder of a project whose cluster is up and converged. The drills run against it, and it stays.
const standing = process.env['PROVISION_TEST_SITE'];

for (const { suite, cluster, range, installed } of standing === undefined ? suites : suites.slice(0, 1)) {
  describe(`the site on ${suite}`, function () {
    this.bail(true);
    let project: Project;
    let folder: string;

    before(async function () {
      needsCluster(this);
      if (standing !== undefined) {
        project = openProject(standing);
        return;
      }
      folder = await mkdtemp(join(tmpdir(), 'provision-install-'));
      const bin = installed ? await installPackage(folder) : join(root, 'bin', 'provision.js');
      const demo = await readFile(join(root, 'inventory', 'demo.yml'), 'utf8');
      project = await createProject({ cluster, range, bin, inventory: withMoreSecrets(demo) });
    });

    after(async () => {
      if (!project || standing !== undefined) return;
      await project.provision('cluster', 'down', '-i', project.inventory);
      await project.remove();
      await rm(folder, { recursive: true, force: true });
    });

    if (standing !== undefined) {
      for (const drill of drills) drill(() => project);
      return;
    }

    it('boots seven bare hosts', async () => {
      succeeded(await project.provision('cluster', 'up', '-i', project.inventory, '--suite', suite));
      const hosts = await project.provision(
        'exec',
        '-i',
        project.inventory,
        'all',
        '--',
        'cat /etc/os-release; dpkg -l nginx',
      );
      expect(hosts.text.match(new RegExp(`VERSION_CODENAME=${suite}`, 'g'))).to.have.length(7);
      expect(hosts.text).to.match(/no packages found matching nginx/);
    });

    it('plans all of it on the bare hosts, without an error and without touching them', async () => {
      await noteState(project);
      const planned = await project.provision('plan', '-i', project.inventory, '-D', '-o', 'bare.json');
      expect(planned.status, planned.text.slice(-4000)).to.equal(0);
      expect(planned.stdout).to.not.match(/FAILED|UNREACH/);
      const rows = recapOf(planned.stdout);
      for (const [host, row] of rows) expect(row.changed, host).to.be.above(5);
      const pending = await project.provision('--check', '--exit-code', '-i', project.inventory);
      expect(pending.status).to.equal(2);
      await expectUntouched(project);
      report(`      dry run of bare hosts: ${/in ([\d.]+ s)$/m.exec(planned.stdout)?.[1] ?? '?'}`);
    });

    it('converges and verifies them in one command', async () => {
      const watch = watchProcesses(() => canariesOf(project));
      const ran = await project.provision(
        '--inventory',
        project.inventory,
        '-vvv',
        '-D',
        '--log',
        'first.log',
      );
      const { seen } = await watch.stop();
      succeeded(ran);
      expect([...seen, ...findIn(ran.text, await canariesOf(project))]).to.deep.equal([]);
      const recap = recapOf(ran.stdout);
      expect([...recap.keys()]).to.deep.equal(['lb1', 'lb2', 'web1', 'web2', 'app1', 'app2', 'db1']);
      for (const [host, row] of recap) expect(row.changed, host).to.be.above(5);
      expect(ran.stdout).to.match(/verified +lb1 +an entry that was written through the site is read back/);
      report(`      first run: ${/in ([\d.]+ s)$/m.exec(ran.stdout)?.[1] ?? '?'}`);
    });

    it('changes nothing the second time, in 6 round trips a host or fewer', async () => {
      const ran = await project.provision('--inventory', project.inventory, '-v');
      succeeded(ran);
      const recap = recapOf(ran.stdout);
      expect(recap.size).to.equal(7);
      for (const [host, row] of recap) {
        expect(row.changed, `${host} changed`).to.equal(0);
        expect(row.roundTrips, `${host} round trips`).to.be.within(1, 6);
      }
      const trips = [...recap.values()].map((row) => row.roundTrips);
      report(
        `      converged run: ${/in ([\d.]+ s)$/m.exec(ran.stdout)?.[1] ?? '?'}, ${trips.join(' ')} round trips`,
      );
    });

    it('verifies alone, plans nothing and finds no drift, without touching anything', async () => {
      await noteState(project);
      const ran = await project.provision('verify', '-i', project.inventory);
      succeeded(ran);
      expect(ran.stdout).not.to.match(/changed +(lb|web|app|db)/);
      const dry = await project.provision('--dry-run', '-D', '--exit-code', '-v', '-i', project.inventory);
      expect(dry.status, dry.text.slice(-4000)).to.equal(0);
      const drift = await project.provision('drift', '-i', project.inventory);
      expect([drift.status, drift.text]).to.deep.equal([0, '']);
      await expectUntouched(project);
    });

    it('applies a saved plan exactly, refuses a host that has moved, and tells who wrote what drifted', async () => {
      const at = ['-i', project.inventory] as const;
      const edit = (host: string, code: string): Promise<Ran> =>
        project.provision('exec', ...at, host, '--', code);
      await edit('web1:web2', 'echo "# by hand" >> /etc/nginx/nginx.conf; systemctl stop nginx');
      const drift = await project.provision('drift', ...at);
      expect(drift.status, drift.text).to.equal(2);
      expect(drift.stdout).to.match(
        /^DRIFT {2}\/etc\/nginx\/nginx\.conf .*\n {7}web1 {2}modified .* UTC, last written .* UTC by .*, run \d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}\)$/m,
      );
      expect(drift.stdout).to.include('-# by hand');
      const planned = await project.provision('plan', ...at, '-o', 'plan.json');
      succeeded(planned);
      await edit('web2', 'echo "# again" >> /etc/nginx/nginx.conf');
      const applied = await project.provision('apply', '-v', '--no-verify', 'plan.json');
      expect(applied.status, applied.text).to.equal(1);
      expect(applied.stdout).to.match(
        /FAILED +web2 .*\n.*does not fit[^\n]*\n.*\/etc\/nginx\/nginx\.conf has changed since/,
      );
      const recap = recapOf(applied.stdout);
      expect(recap.get('web1')?.changed).to.be.within(1, 4);
      expect(recap.get('db1')).to.deep.include({ changed: 0, failed: 0 });
      report(
        `      apply: round trips ${[...recap].map(([host, row]) => `${host} ${row.roundTrips}`).join(', ')}`,
      );
      succeeded(await project.provision(...at));
    });

    it('fails verification with exit code 4 when a service is down, and mends it', async () => {
      await project.provision('exec', '-i', project.inventory, 'web2', '--', 'systemctl stop nginx');
      const broken = await project.provision(
        'verify',
        '-i',
        project.inventory,
        '--tags',
        'nginx',
        '-l',
        'web2',
      );
      expect(broken.status, broken.text).to.equal(4);
      expect(broken.stdout)
        .to.match(/FAILED +web2 +nginx : /)
        .and.to.match(/nginx.service is inactive/);
      const mended = await project.provision('-i', project.inventory, '-v');
      succeeded(mended);
      expect(recapOf(mended.stdout).get('web2')?.changed).to.equal(1);
    });

    it('brings the application back after a reboot', async () => {
      await project.provision('exec', '-i', project.inventory, 'app1', '--', 'systemctl reboot');
      const ran = await eventually(() => project.provision('verify', '-i', project.inventory, '-l', 'app1'));
      succeeded(ran);
    });

    // Once is enough: they do not depend on the release, and each of them breaks something.
    if (installed) for (const drill of drills) drill(() => project);

    // A suite of its own, because Mocha runs the tests of a suite before the suites in it.
    describe('in the end', () => {
      it('leaves nothing on the machine when the cluster goes', async () => {
        succeeded(await project.provision('cluster', 'down', '-i', project.inventory));
        const left = await execute(
          [
            'sh',
            '-c',
            `ip -br link; ip netns; ip route show table all; nft list tables 2>/dev/null; ls /var/lib/provision/clusters 2>/dev/null`,
          ],
          { cwd: root },
        );
        expect(left.stdout).not.to.include(`10.${range}.0`);
        expect(left.stdout).not.to.include(cluster);
      });
    });
  });
}

function succeeded(ran: Ran): void {
  const lines = ran.text.split('\n');
  const failed = lines.flatMap((line, index) =>
    /FAILED|UNREACH|error:/.test(line) ? lines.slice(index, index + 8) : [],
  );
  expect(ran.status, [...failed.slice(0, 80), '...', ...lines.slice(-15)].join('\n')).to.equal(0);
}

async function eventually(attempt: () => Promise<Ran>): Promise<Ran> {
  for (let left = 20; ; left -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const ran = await attempt();
    if (ran.status === 0 || left === 0) return ran;
  }
}
