import { expect } from 'chai';
import { laterPackages, type LaterPackages } from '../later-packages.js';
import { report, type Project, type Ran } from '../support.js';
import { balancersOf } from './balancers.js';
import { sendRequests } from './requests.js';

const services = ['haproxy', 'keepalived', 'nginx', 'guestbook', 'mariadb', 'ssh'];
/** What carries the traffic, and the library under all of it. */
const packages = ['libc6', 'haproxy', 'keepalived', 'nginx', 'nodejs', 'mariadb-server'];

/** Security updates on every host at the same moment: the worst that the timers can do. */
export function upgrades(site: () => Project): void {
  describe('security updates', () => {
    let later: LaterPackages;
    const run = (...args: string[]): Promise<Ran> => site().provision('-i', site().inventory, ...args);

    before(async () => {
      later = laterPackages(site(), 'all');
      succeeded(await run('--tags', 'common', '--no-verify', '-e', 'common_unattended_upgrades=security'));
      succeeded(await later.prepare());
    });

    after(async () => {
      succeeded(await later.withdraw());
      succeeded(await run());
    });

    it('a later C library below all services restarts none of them, and none of theirs is installed', async () => {
      succeeded(await later.offer(packages));
      const before = await later.processes(services);
      expect(before.size).to.equal(7);
      const { vip } = await balancersOf(site());
      const requests = sendRequests(`http://${vip}/api/whoami`, 50);
      const began = Date.now();
      const ran = await later.upgrade();
      const seconds = (Date.now() - began) / 1000;
      const tally = await requests.stop();
      succeeded(ran);
      const installed = await later.installed();
      expect(installed.size).to.equal(7);
      for (const [host, names] of installed)
        expect(names, `${host}\n${ran.text}`)
          .to.have.length(1)
          .and.to.satisfy(([name = '']: string[]) => name.startsWith('libc6 '));
      const after = await later.processes(services);
      let held = 0;
      for (const [host, those] of before) {
        expect(those, host).to.have.length.at.least(2);
        expect(after.get(host), host).to.include.members(those);
        held += those.length;
      }
      // They run on what is no longer there, and the host's administrator is told.
      const stale = await site().provision(
        ...['exec', '-i', site().inventory, 'all', '--', 'needrestart -b -r l'],
      );
      for (const service of services)
        expect(
          stale.stdout.match(new RegExp(`^NEEDRESTART-SVC: ${service}\\.service$`, 'gm')),
          stale.text,
        ).to.have.length({ mariadb: 1, ssh: 7 }[service] ?? 2);
      expect(tally.failures).to.deep.equal([]);
      report(
        `      libc6 upgraded on 7 hosts in ${seconds.toFixed(0)} s: ${held} of ${held} processes of ${services.length} services went on, ${tally.sent} requests, ${tally.failures.length} failed, slowest ${tally.slowest} ms`,
      );
    });
  });
}

function succeeded(ran: Ran): void {
  expect(ran.status, ran.text.slice(-6000)).to.equal(0);
}
