import { expect } from 'chai';
import { readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canariesOf,
  findIn,
  findOnController,
  findOnHost,
  secretsFolder,
  watchProcesses,
  type Canaries,
} from '../canaries.js';
import { execute, recapOf, report, type Project } from '../support.js';
import { balancersOf } from './balancers.js';

/** Where each tier has to keep what it was given. */
const kept: Readonly<Record<string, readonly string[]>> = {
  lb: ['/etc/haproxy/certs/site.pem', '/etc/haproxy/haproxy.cfg'],
  web: [],
  // With those that were verified last, to go back to.
  app: ['secrets', 'verified/secrets'].flatMap((folder) =>
    ['database-password', 'partner-key'].map((file) => `/srv/guestbook/${folder}/${file}`),
  ),
  db: [],
};

/** Everything that was secret in any run so far is searched for wherever it could have been left. */
export function secrets(site: () => Project): void {
  describe('secrets', () => {
    let cluster: string;
    let canaries: Canaries;
    const began = Date.now();
    const provision = (...args: string[]): ReturnType<Project['provision']> =>
      site().provision('-i', site().inventory, ...args);

    before(async () => {
      cluster = (await balancersOf(site())).cluster;
      canaries = await canariesOf(site());
      expect(canaries.size).to.be.above(12);
    });

    it('would be found in arguments and environments', async () => {
      const planted = new Map([
        ['planted-in-argv', 'argv'],
        ['planted-in-environ', 'environ'],
      ]);
      const watch = watchProcesses(() => Promise.resolve(planted));
      const env = { PLANTED: 'planted-in-environ' };
      await execute(['sleep', '0.4'], { cwd: site().dir, env });
      await execute(['sh', '-c', 'sleep 0.4', 'planted-in-argv'], { cwd: site().dir });
      const { seen } = await watch.stop();
      expect(seen.filter((line) => line.startsWith('argv: cmdline of '))).to.not.deep.equal([]);
      expect(seen.filter((line) => line.startsWith('environ: environ of '))).to.not.deep.equal([]);
    });

    it('are changed by one run, which tells everything but them', async () => {
      const folder = join(secretsFolder(site()), cluster);
      for (const name of ['guestbook_db_password', 'haproxy_stats_password', 'partner_key'])
        await rm(join(folder, name));
      const watch = watchProcesses(() => canariesOf(site()));
      const ran = await provision('-vvv', '-D', '--format', 'json', '--log', 'all.log', '--junit', 'all.xml');
      const { seen, processes } = await watch.stop();
      expect(ran.status, ran.text.slice(-3000)).to.equal(0);
      canaries = new Map([...canaries, ...(await canariesOf(site()))]);
      expect(findIn(ran.text, canaries)).to.deep.equal([]);
      expect(seen).to.deep.equal([]);
      report(
        `      arguments and environments searched: ${processes}, for ${canaries.size} texts, while ${changes(ran.stdout)} things changed`,
      );
      expect(changes(ran.stdout)).to.be.above(5);
      const again = await provision('-v', '--no-verify');
      for (const [host, row] of recapOf(again.stdout)) expect(row.changed, host).to.equal(0);
    });

    for (const host of ['lb1', 'lb2', 'web1', 'web2', 'app1', 'app2', 'db1']) {
      it(`${host} has them where it needs them, and nowhere else`, async () => {
        const files = kept[host.replace(/\d$/, '')]!;
        expect(await findOnHost(site(), host, { cluster, canaries })).to.deep.equal(files);
        if (files.length === 0) return;
        const readable = await site().provision(
          'exec',
          '-i',
          site().inventory,
          host,
          '--',
          `for file in ${files.join(' ')}; do setpriv --reuid=65534 --regid=65534 --clear-groups test -r $file && echo $file; done; :`,
        );
        expect(readable.stdout.split('\n').filter((line) => line.startsWith('/'))).to.deep.equal([]);
      });
    }

    it('the controller has them in files that its user alone can read, and in none that a run wrote', async () => {
      const folder = secretsFolder(site());
      expect((await stat(join(folder, cluster))).mode & 0o077).to.equal(0);
      expect((await readFile(join(site().dir, 'all.log'), 'utf8')).length).to.be.above(10_000);
      const found = await findOnController([site().dir, tmpdir(), '/var/lib/provision/locks'], {
        canaries,
        except: folder,
        since: began,
      });
      expect(found).to.deep.equal([]);
    });
  });
}

function changes(ndjson: string): number {
  const events = ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type?: string; status?: string });
  return events.filter((event) => event.status === 'changed').length;
}
