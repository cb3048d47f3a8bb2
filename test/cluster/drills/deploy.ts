import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, exampleOf, report, root, type Project, type Ran } from '../support.js';
import { sendRequests, type Tally } from './requests.js';

const DEPLOY = 'playbooks/deploy.yml';
const ROLLBACK = 'playbooks/rollback.yml';
/** A process that does not come up is given up sooner than in production. */
const IMPATIENT = ['-e', '{"app_listen_timeout": 3000, "app_ready_timeout": 5}'];

/** A lock file of the project's own: the role's, with another checksum (or none) for one of PM2's dependencies. */
async function ownLock(site: Project, integrity: string | undefined): Promise<void> {
  const shipped = join(root, 'roles', 'nodejs', 'files', 'pm2');
  const lock = JSON.parse(await readFile(join(shipped, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  Object.assign(lock.packages['node_modules/async']!, { integrity });
  await site.write('pm2/package.json', await readFile(join(shipped, 'package.json'), 'utf8'));
  await site.write('pm2/package-lock.json', JSON.stringify(lock));
}

/** New releases of the application while 50 requests a second come in, and what can go wrong with them. */
export function deployDrills(site: () => Project): void {
  describe('releases', function () {
    this.bail(true);
    const run = (...args: string[]): Promise<Ran> => site().provision('-i', site().inventory, ...args);
    const on = (hosts: string, command: string): Promise<Ran> =>
      site().provision('exec', '-i', site().inventory, hosts, '--', command);
    let archive: string[];

    before(async () => {
      await build(site(), '1.2.0');
      await build(site(), '1.3.0', (server) => `throw new Error('a broken release');\n${server}`);
      const file = await pack(site(), await build(site(), '1.1.0'));
      const sum = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      archive = ['-e', 'app_version=1.1.0', '-e', `app_artifact=${file}`, '-e', `app_checksum=${sum}`];
    });

    it('a dry run shows what would be deployed and changes nothing', async () => {
      const before = await stateOf(site());
      const ran = await run(DEPLOY, '--check', ...folder(site(), '1.2.0'));
      expect(ran.status, ran.text).to.equal(0);
      expect(ran.stdout)
        .to.match(/\+ \/srv\/guestbook\/releases\/1\.2\.0 /)
        .and.to.match(/app1 +app : no more requests \[lb1\]\n +~ app\/app1 +state: ready -> maint/)
        .and.to.match(/app1 app2 +app : the release is the current one/);
      expect(await stateOf(site())).to.equal(before);
    });

    it('a release is deployed without a failed request', async () => {
      const { ran, tally, seconds } = await underLoad(site(), () => run(DEPLOY, ...archive));
      expect(ran.status, ran.text).to.equal(0);
      told('deployed 1.1.0 from an archive', tally, seconds);
      expect(tally.failures).to.deep.equal([]);
      expect([...tally.versions.keys()].sort()).to.deep.equal(['1.0.0', '1.1.0']);
      expect(await versionsNow(site())).to.deep.equal(['1.1.0']);
    });

    it('the same release again changes nothing, and neither does the site', async () => {
      for (const args of [[DEPLOY, ...archive], []]) {
        const ran = await run(...args);
        expect(ran.status, ran.text).to.equal(0);
        expect(ran.stdout).to.match(/ 0 changed on 0 hosts/);
      }
    });

    it('it is there again after a reboot', async () => {
      const began = Date.now();
      await on('app1', 'systemctl reboot');
      const url = `http://${addressOf(site(), 'app1')}:3000/healthz`;
      const version = await eventually(
        async () => {
          const { stdout } = await on('lb1', `curl --silent --max-time 2 ${url}`);
          return JSON.parse(stdout.split('\n')[1] ?? '') as { version: string; uptime: number };
        },
        (answer) => answer.uptime < (Date.now() - began) / 1000,
      );
      report(`      app1 answered ${((Date.now() - began) / 1000).toFixed(1)} s after it was told to reboot`);
      expect(version.version).to.equal('1.1.0');
      const ran = await site().provision('verify', '-i', site().inventory, DEPLOY, ...archive);
      expect(ran.status, ran.text).to.equal(0);
    });

    it('a release that does not come up ends on the first host, which is put back', async () => {
      const { ran, tally, seconds } = await underLoad(site(), () =>
        run(DEPLOY, ...folder(site(), '1.3.0'), ...IMPATIENT),
      );
      expect(ran.status, ran.text).to.equal(1);
      expect(ran.stdout)
        .to.match(/release 1\.3\.0 did not come up on app1 .* it runs 1\.1\.0 again/)
        .and.to.match(/not (finished|touched): app2/);
      told('a broken release', tally, seconds);
      expect(tally.failures).to.deep.equal([]);
      expect([...tally.versions.keys()]).to.deep.equal(['1.1.0']);
      const links = await on(
        'appservers',
        'readlink /srv/guestbook/current; grep -c 1.3.0 /srv/guestbook/ecosystem.config.cjs',
      );
      expect(links.stdout.match(/releases\/1\.1\.0\n0$/gm), links.text).to.have.length(2);
      const verified = await site().provision('verify', '-i', site().inventory, DEPLOY, ...archive);
      expect(verified.status, verified.text).to.equal(0);
    });

    it('settings with which it does not come up are put back as well', async () => {
      const { ran, tally, seconds } = await underLoad(site(), () =>
        run('-l', 'appservers', '--tags', 'app', '-e', '{"app_env": {"DB_POOL_SIZE": "many"}}', ...IMPATIENT),
      );
      expect(ran.status, ran.text).to.equal(1);
      expect(ran.stdout).to.match(/the new settings of release 1\.1\.0 did not come up on app1/);
      told('broken settings', tally, seconds);
      expect(tally.failures).to.deep.equal([]);
      const again = await run('-l', 'appservers');
      expect(again.status, again.text).to.equal(0);
      expect(again.stdout).to.match(/ 0 changed on 0 hosts/);
    });

    it('an npm, a PM2 or a dependency of it that is not what its checksum says, and a PM2 that there is not, leave what is there', async () => {
      const versions = async (): Promise<string> => {
        const ran = await on(
          'appservers',
          'node --version; npm --version; grep -h version /usr/local/lib/node_modules/pm2/package.json; readlink /usr/local/lib/node_modules/pm2; ls -A /usr/local/lib/node_modules',
        );
        return byHost(ran.stdout);
      };
      const before = await versions();
      const { tally, seconds } = await underLoad(site(), async () => {
        const wrong = (vars: Record<string, string>): Promise<Ran> =>
          run('-l', 'appservers', '--tags', 'nodejs', '-e', JSON.stringify(vars));
        const other = await wrong({ nodejs_npm_version: '10.9.8' });
        expect(other.status, other.text).to.equal(1);
        expect(other.stdout).to.match(
          /npm-10\.9\.8\.tgz is not the archive that nodejs_npm_sha512 belongs to/,
        );
        const none = await wrong({ pm2_version: '7.0.999' });
        expect(none.status, none.text).to.equal(1);
        expect(none.stdout).to.match(/pm2_version is 7\.0\.999, and \S+\/package-lock\.json is for 7\.0\.4/);
        // A dependency of it that is not what the lock file says, and one that it says nothing of.
        for (const [integrity, said] of [
          [`sha512-${'A'.repeat(86)}==`, /EINTEGRITY/],
          [undefined, /has no checksum for node_modules\/async/],
        ] as const) {
          await ownLock(site(), integrity);
          const lock = await wrong({ pm2_lock: join(site().dir, 'pm2') });
          expect(lock.status, lock.text).to.equal(1);
          expect(lock.stdout).to.match(said);
        }
        return none;
      });
      told('mistakes in nodejs', tally, seconds);
      expect(tally.failures).to.deep.equal([]);
      expect(await versions()).to.equal(before);
    });

    it('the repository of nodesource is believed with its own key alone', async () => {
      const made = await on(
        'app1',
        `set -e; export GNUPGHOME=$(mktemp -d); cd /srv
        for name in right wrong; do
          gpg --batch --quiet --passphrase '' --quick-generate-key $name@example.org ed25519 sign
          gpg --armor --export $name@example.org >$name.asc
        done
        cat right.asc wrong.asc >both.asc
        gpg --with-colons --list-keys right@example.org | awk -F: '$1 == "fpr" { print "fingerprint " $10; exit }'`,
      );
      const fingerprint = /fingerprint ([0-9A-F]{40})/.exec(made.stdout)?.[1];
      expect(fingerprint, made.text).to.be.a('string');
      const withKey = (key: string): Promise<Ran> =>
        run(
          ...['-l', 'app1', '--tags', 'nodejs', '--no-verify', '-e'],
          JSON.stringify({
            nodejs_source: 'nodesource',
            nodejs_nodesource_key_url: `file:///srv/${key}.asc`,
            nodejs_nodesource_fingerprint: fingerprint,
          }),
        );
      const there = async (): Promise<string> =>
        (await on('app1', 'ls /etc/apt/keyrings /etc/apt/sources.list.d')).stdout;
      for (const key of ['wrong', 'both']) {
        const ran = await withKey(key);
        expect(ran.status, ran.text).to.equal(1);
        expect(ran.stdout).to.match(
          new RegExp(`holds the keys \\([0-9A-F ]+\\), and not ${fingerprint} alone`),
        );
        expect(await there()).to.not.match(/nodesource/);
      }
      // Whatever becomes of a repository that this key has never signed.
      await withKey('right');
      expect(await there()).to.include(`nodesource-${fingerprint}.asc`);
      await on('app1', 'rm /srv/*.asc /etc/apt/keyrings/nodesource-*');
      const healed = await run('-l', 'app1');
      expect(healed.status, healed.text).to.equal(0);
      expect(await there()).to.not.match(/nodesource/);
    });

    it('when the controller is killed in the middle, the next run goes on', async () => {
      const { ran, tally, seconds } = await underLoad(site(), async () => {
        const args = ['-i', site().inventory, DEPLOY, ...folder(site(), '1.2.0')];
        await site().provisionUntil(/no more requests \[lb2\]/, ...args);
        const states = await on(
          'loadbalancers',
          `echo 'show servers state app' | socat - /run/haproxy/admin.sock`,
        );
        // be_name srv_id srv_name srv_addr srv_op_state srv_admin_state: 1 is forced maintenance.
        expect(states.stdout.match(/ app1 \S+ \d 1 /g), states.text).to.have.length(2);
        return run(...args.slice(2));
      });
      expect(ran.status, ran.text).to.equal(0);
      told('killed and run again', tally, seconds);
      expect(tally.failures).to.deep.equal([]);
      expect(await versionsNow(site())).to.deep.equal(['1.2.0']);
    });

    it('goes back to the release before, and to one that is named', async () => {
      for (const [args, version] of [
        // With another unit, for which PM2's daemon has to be started anew.
        [['-e', '{"app_limit_nofile": 32768}'], '1.1.0'],
        [['-e', 'app_version=1.0.0'], '1.0.0'],
      ] as const) {
        const { ran, tally, seconds } = await underLoad(site(), () => run(ROLLBACK, ...args));
        expect(ran.status, ran.text).to.equal(0);
        expect(ran.stdout).to.match(/changed +app1 +app : PM2 is started anew/);
        told(`back to ${version}`, tally, seconds);
        expect(tally.failures).to.deep.equal([]);
        expect(await versionsNow(site())).to.deep.equal([version]);
      }
      const missing = await run(ROLLBACK, '-e', 'app_version=0.9.0');
      expect(missing.status, missing.text).to.equal(1);
      expect(missing.stdout).to.match(/has no release 0\.9\.0, but 1\.0\.0, 1\.1\.0, 1\.2\.0/);
    });

    it('no secret is in what PM2 stores, in what the application is started with, or for others to read', async () => {
      const search = `secret=/srv/guestbook/secrets/database-password
        { cat /var/lib/pm2/guestbook/dump.pm2* /srv/guestbook/ecosystem.config.cjs /etc/ansible/facts.d/*; ps axww -o args; cat /proc/[0-9]*/environ; } 2>/dev/null |
          tr '\\0' '\\n' | awk -v file=$secret 'BEGIN { getline want < file } index($0, want) { exit 1 }' || exit 1
        for file in /srv/guestbook/verified/secrets/database-password $secret /etc/ansible/facts.d/app-guestbook.fact /var/lib/pm2/guestbook/dump.pm2; do
          [ -f "$file" ] || exit 2
          runuser -u nobody -- cat "$file" && exit 3
        done
        tr '\\0' '\\n' </proc/$(cat /var/lib/pm2/guestbook/pids/guestbook-0.pid || pgrep -f server.js | head -n 1)/environ | grep -E '^(SSH|SUDO)_' && exit 4
        exit 0`;
      const ran = await on('appservers', search);
      expect(ran.status, ran.text).to.equal(0);
    });

    it('runs the examples of the README files of nodejs and app, beside what is there', async () => {
      const inventory = await readFile(join(site().dir, site().inventory), 'utf8');
      const cluster = /cluster_name: (\S+)/.exec(inventory)?.[1] ?? '';
      const archive = await pack(site(), await build(site(), '1.4.0'));
      await cp(archive, join(site().dir, 'builds/shop-1.4.0.tar.gz'));
      const app = adapt(await exampleOf('app'), {
        '/srv/builds': join(site().dir, 'builds'),
        'app_port: 3000': 'app_port: 3100',
        '10.0.0.41': addressOf(site(), 'db1'),
        'name: shop\n          user: shop': 'name: guestbook\n          user: guestbook',
        'secrets/shop': `../.provision/secrets/${cluster}/guestbook_db_password`,
      });
      await site().write('playbooks/readme.yml', `${await exampleOf('nodejs')}\n${app}`);
      const first = await run('playbooks/readme.yml');
      expect(first.status, first.text).to.equal(0);
      const second = await run('playbooks/readme.yml');
      expect(second.stdout, second.text).to.match(/ 0 changed on 0 hosts/);
      const gone = await on(
        'appservers',
        'systemctl disable --now shop && rm -r /etc/systemd/system/shop.service /srv/shop /var/lib/shop /var/lib/pm2/shop /etc/ansible/facts.d/app-shop.fact && systemctl daemon-reload && userdel shop',
      );
      expect(gone.status, gone.text).to.equal(0);
    });

    it('leaves the site as it was', async () => {
      const ran = await run();
      expect(ran.status, ran.text).to.equal(0);
      expect(ran.stdout).to.match(/ 0 changed on 0 hosts/);
    });
  });
}

/** A build of the guestbook: the example with another version. */
async function build(
  project: Project,
  version: string,
  change: (server: string) => string = (server) => server,
): Promise<string> {
  const dir = join(project.dir, 'builds', version);
  await mkdir(join(project.dir, 'builds'), { recursive: true });
  await cp(join(root, 'examples', 'guestbook', 'app'), dir, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  const manifest = await readFile(join(dir, 'package.json'), 'utf8');
  await writeFile(
    join(dir, 'package.json'),
    manifest.replace(/"version": "[^"]*"/, `"version": "${version}"`),
  );
  await writeFile(
    join(dir, 'server.js'),
    change(await readFile(join(root, 'examples/guestbook/app/server.js'), 'utf8')),
  );
  return dir;
}

async function pack(project: Project, dir: string): Promise<string> {
  const file = `${dir}.tar.gz`;
  const packed = await execute(['tar', '--create', '--gzip', '--file', file, '--directory', dir, '.'], {
    cwd: project.dir,
  });
  expect(packed.status, packed.text).to.equal(0);
  return file;
}

function folder(project: Project, version: string): string[] {
  return ['-e', `app_version=${version}`, '-e', `app_artifact=${join(project.dir, 'builds', version)}`];
}

function addressOf(project: Project, name: string): string {
  return (
    new RegExp(`\\b${name}: *(?:\\{ ansible_host: )?([0-9.]+)`).exec(
      readFileSync(join(project.dir, project.inventory), 'utf8'),
    )?.[1] ?? name
  );
}

function whoami(project: Project): string {
  return `http://${addressOf(project, 'vip')}/api/whoami`;
}

async function underLoad(
  project: Project,
  work: () => Promise<Ran>,
): Promise<{ ran: Ran; tally: Tally; seconds: number }> {
  const requests = sendRequests(whoami(project), 50);
  const began = Date.now();
  try {
    const ran = await work();
    return { ran, seconds: (Date.now() - began) / 1000, tally: await requests.stop() };
  } finally {
    await requests.stop();
  }
}

function told(what: string, { sent, failures, versions, slowest }: Tally, seconds: number): void {
  const seen = [...versions].map(([version, { count }]) => `${version} ${count} times`).join(', ');
  report(
    `      ${what}: ${seconds.toFixed(1)} s, ${sent} requests, ${failures.length} failed, answered by ${seen}, the slowest in ${slowest} ms`,
  );
}

/** Which versions answer now, over some requests through the site. */
async function versionsNow(project: Project): Promise<string[]> {
  const requests = sendRequests(whoami(project), 50);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { versions, failures } = await requests.stop();
  expect(failures).to.deep.equal([]);
  return [...versions.keys()];
}

/** What a dry run must not change: files, processes, HAProxy's state. */
async function stateOf(project: Project): Promise<string> {
  const ran = await project.provision(
    'exec',
    '-i',
    project.inventory,
    'appservers:loadbalancers',
    '--',
    `find /etc /srv /usr/local /var/lib/pm2/guestbook/dump.pm2 /var/lib/provision -xdev -printf '%p %i %m %u %g %s %T@\\n' 2>/dev/null | sort | sha256sum
     pgrep -f server.js | sort | tr '\\n' ' '
     if [ -S /run/haproxy/admin.sock ]; then echo 'show servers state' | socat - /run/haproxy/admin.sock | cut -d' ' -f2,4,7; fi`,
  );
  expect(ran.status, ran.text).to.equal(0);
  return byHost(ran.stdout);
}

/** What `exec` printed, without times and in the order of the hosts' names: they answer in any. */
function byHost(text: string): string {
  return text
    .split(/^(?=\S+ \| rc=)/m)
    .map((part) => part.replace(/ \| \d+ ms/, '').trim())
    .sort()
    .join('\n');
}

async function eventually<T>(attempt: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let left = 120; ; left -= 1) {
    const value = await attempt().catch((error: unknown) => {
      if (left === 0) throw error;
      return undefined;
    });
    if (value !== undefined && holds(value)) return value;
    if (left === 0) throw new Error(`it did not come: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** An example with other names and addresses. @throws Error when it has not what is to be replaced */
function adapt(example: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the example does not have ${from}`);
    return text.replaceAll(from, to);
  }, example);
}
