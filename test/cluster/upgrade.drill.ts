import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { balancersOf } from './drills/balancers.js';
import { sendRequests } from './drills/requests.js';
import {
  createProject,
  execute,
  needsCluster,
  openProject,
  report,
  root,
  type Project,
  type Ran,
} from './support.js';

/**
 * `npm run drill:upgrade`: the shipped site with packages that are older than Debian's newest, real ones, and the playbook that upgrades
 * them under 50 requests a second. PROVISION_TEST_SITE: the folder of a project whose site stands; PROVISION_DRILL_SUITE: another release.
 */
const standing = process.env['PROVISION_TEST_SITE'];
const suite = process.env['PROVISION_DRILL_SUITE'] ?? 'trixie';

/** Seconds that a run may take on a busy machine. */
const LONGEST = 1500;

/** What carries the traffic, and libraries under it. A host takes the oldest version that its sources have, where there are several. */
const packages = ['nginx', 'nginx-common', 'haproxy', 'keepalived', 'mariadb-server', 'nodejs', 'libnode115'];
const libraries = [
  'libssl3t64',
  'libssl3',
  'openssl',
  'openssl-provider-legacy',
  'libcurl4t64',
  'libsystemd0',
];
const services = ['nginx', 'haproxy', 'keepalived', 'mariadb', 'guestbook'];

describe(`an upgrade of the site on ${suite}`, function () {
  this.bail(true);
  let site: Project;
  const on = (hosts: string, code: string): Promise<Ran> =>
    site.provision('exec', '-i', site.inventory, '-T', '600', hosts, '--', code);
  const bin = join(root, 'bin', 'provision.js');
  const run = (...args: string[]): Promise<Ran> =>
    execute([process.execPath, bin, '-i', site.inventory, ...args], {
      cwd: site.dir,
      timeout: LONGEST * 1000,
    });
  const strict = ['-e', '{"common_security_updates_within": 0}'];

  before(async function () {
    needsCluster(this);
    site =
      standing === undefined
        ? await createProject({ cluster: 'drill-upgrade', range: 93 })
        : openProject(standing);
  });

  after(async () => {
    if (!site || standing !== undefined) return;
    await site.provision('cluster', 'down', '-i', site.inventory);
    await site.remove();
  });

  if (standing === undefined)
    it('the site stands', async () => {
      succeeded(await site.provision('cluster', 'up', '-i', site.inventory, '--suite', suite));
      succeeded(await run());
    });

  it('older packages are noticed, each with how long its update has been pending', async () => {
    const older = await on('all', install([...packages, ...libraries]));
    succeeded(older);
    const was = lines(older.stdout, /^older: (.*)$/);
    report(`      ${[...new Set(was)].join(', ')}`);
    expect(was.length).to.be.at.least(2);
    succeeded(await on('all', 'apt-get update -qq && /usr/local/libexec/provision/security-updates list'));
    const verified = await site.provision('verify', '-i', site.inventory, ...strict);
    expect(verified.status, verified.text.slice(-6000)).to.equal(4);
    expect(verified.text).to.match(/pending: .* -> .* for \d+ (minutes|hours|days)/);
    report(`      ${/pending: .*/.exec(verified.text)?.[0] ?? ''}`);
  });

  it('and upgraded, one host after the other, while nobody notices', async () => {
    const planned = await run('playbooks/upgrade.yml', ...strict, '--check');
    succeeded(planned);
    expect(planned.text).to.match(/~ (nginx|haproxy|openssl) +upgrade: /);
    const { vip } = await balancersOf(site);
    const requests = sendRequests(`http://${vip}/api/whoami`, 50, LONGEST);
    const began = Date.now();
    const ran = await run('playbooks/upgrade.yml', ...strict, '-v');
    const seconds = (Date.now() - began) / 1000;
    const tally = await requests.stop();
    report(
      `      upgraded in ${seconds.toFixed(0)} s: ${tally.sent} requests, ${tally.failures.length} failed, slowest ${tally.slowest} ms`,
    );
    await writeFile(
      join(tmpdir(), 'provision-drill-upgrade.log'),
      `${ran.text}\n${tally.failures.join('\n')}\n`,
    );
    succeeded(ran);
    expect(tally.failures, tally.failures.slice(0, 40).join('\n')).to.deep.equal([]);
    const left = await on('all', '/usr/local/libexec/provision/stale-services');
    for (const service of services) expect(left.stdout, left.text).not.to.contain(`${service}.service`);
  });

  it('after that nothing is pending, and a second run changes nothing', async () => {
    succeeded(await site.provision('verify', '-i', site.inventory, ...strict));
    const again = await run('playbooks/upgrade.yml', ...strict);
    succeeded(again);
    expect(again.text).to.contain('0 changed on 0 hosts');
  });
});

/** The oldest version of each package that is installed and has several, and services that run with them. */
function install(names: readonly string[]): string {
  return `set -eu
    wanted=
    for name in ${names.join(' ')}; do
      has=$(dpkg-query -W -f '\${db:Status-Status} \${Version}' "$name" 2>/dev/null) || continue
      case $has in 'installed '*) ;; *) continue ;; esac
      has=\${has#* }
      oldest=$has newest=$has
      for version in $(apt-cache madison "$name" | awk -F'|' '{ gsub(/ /, ""); print $2 }' | sort -u); do
        ! dpkg --compare-versions "$version" lt "$oldest" || oldest=$version
        ! dpkg --compare-versions "$version" gt "$newest" || newest=$version
      done
      [ "$oldest" = "$newest" ] || echo "older: $name $oldest -> $newest"
      [ "$oldest" = "$has" ] || wanted="$wanted $name=$oldest"
    done
    [ -n "$wanted" ] || exit 0
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --allow-downgrades -o Dpkg::Options::=--force-confold $wanted >/dev/null 2>&1
    systemctl daemon-reload
    for service in ${services.join(' ')}; do
      ! systemctl -q is-active "$service" || systemctl restart "$service"
    done
    sleep 8`;
}

function lines(text: string, pattern: RegExp): string[] {
  return text.split('\n').flatMap((line) => pattern.exec(line)?.[1] ?? []);
}

function succeeded(ran: Ran): void {
  expect(ran.status, ran.text.slice(-6000)).to.equal(0);
}
