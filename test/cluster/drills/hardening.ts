import { expect } from 'chai';
import { recapOf, report, type Project, type Ran } from '../support.js';
import { balancersOf, type Balancers } from './balancers.js';

const units = { haproxy: 'lb1', keepalived: 'lb1', nginx: 'web1', mariadb: 'db1' } as const;
/** What the project promises. */
const LIMIT = 5;

/** What the services may do is cut down, in the processes that run; it can be turned off, added to, and a mistake in it is put back. */
export function hardening(site: () => Project): void {
  describe('hardening', () => {
    let lbs: Balancers;
    const run = (...args: string[]): Promise<Ran> => site().provision('-i', site().inventory, '-v', ...args);
    const vars = (given: object): string[] => ['-e', JSON.stringify(given)];
    const on = async (host: string, command: string): Promise<string> => {
      const ran = await lbs.on(host, command);
      expect(ran.status, ran.text).to.equal(0);
      return ran.stdout.split('\n').slice(1).join('\n').trim();
    };
    const exposure = async (unit: string, host: string): Promise<number> =>
      Number(
        /: ([\d.]+) /.exec(await on(host, `systemd-analyze security --no-pager ${unit} | tail -n 1`))?.[1],
      );
    /** Which capabilities the main process could have at most, and 1 where it cannot get new privileges. (Filters the container has, too.) */
    const held = (unit: string, host: string): Promise<string> =>
      on(
        host,
        `sed -n 's/^\\(NoNewPrivs\\|CapBnd\\):\\t*//p' /proc/$(systemctl show -p MainPID --value ${unit})/status | paste -sd' '`,
      );
    const process = (unit: string, host: string): Promise<string> =>
      on(host, `systemctl show -p MainPID --value ${unit}`);

    before(async () => {
      lbs = await balancersOf(site());
    });

    it(`exposure is at most ${LIMIT}.0, and the processes that run are held to it`, async () => {
      const seen: string[] = [];
      for (const [unit, host] of Object.entries(units)) {
        const points = await exposure(unit, host);
        expect(points, unit).to.be.within(0.1, LIMIT);
        expect(await held(unit, host), unit).to.match(/^0{8}0000[\da-f]{4} 1$|^0{8}0[\da-f]{7} 1$/);
        seen.push(`${unit} ${points}`);
      }
      report(`      systemd-analyze security: ${seen.join(', ')}`);
    });

    it('a master that was taken over cannot write where it has no business, nor command the service manager', async () => {
      for (const [unit, host, writes] of [
        ['haproxy', 'lb1', '/var/lib/haproxy-state'],
        ['nginx', 'web1', '/var/log/nginx'],
      ] as const) {
        const enter = `nsenter --mount --target $(systemctl show -p MainPID --value ${unit}) sh -c`;
        const tried = await on(
          host,
          `${enter} 'touch ${writes}/probe && rm ${writes}/probe && echo writes
          for place in /etc /usr/local/bin /root /srv /var/spool; do touch $place/probe 2>/dev/null && { rm $place/probe; echo "writes to $place"; }; done
          [ -w /run/systemd/private ] && busctl --timeout=2 list >/dev/null 2>&1 && echo commands; true'`,
        );
        expect(tried, unit).to.equal('writes');
      }
    });

    it('is turned off and on again, one host at a time, and several at once wait for it', async () => {
      const off = vars({ nginx_hardening: false });
      const before = [await process('nginx', 'web1'), await process('nginx', 'web2')];
      const both = await run('-l', 'webservers', '--tags', 'nginx', ...off);
      // Both at once would be nobody: they are left running, and verification says so.
      expect(both.status, both.text).to.equal(4);
      expect(
        both.stdout.match(/FAILED +web[12] +nginx : nginx runs under the settings of its unit/g),
      ).to.have.length(2);
      expect(both.text).to.match(/nginx\.service was changed after its start/);
      expect([await process('nginx', 'web1'), await process('nginx', 'web2')]).to.deep.equal(before);
      for (const host of ['web1', 'web2']) {
        const one = await run('-l', host, '--tags', 'nginx', ...off);
        expect(one.status, one.text).to.equal(0);
        expect(await exposure('nginx', host)).to.be.above(LIMIT);
        expect(await held('nginx', host)).to.match(/ 0$/);
      }
      for (const host of ['web1', 'web2']) {
        const one = await run('-l', host, '--tags', 'nginx');
        expect(one.status, one.text).to.equal(0);
        expect(await exposure('nginx', host)).to.be.within(0.1, LIMIT);
      }
      const again = await run('--tags', 'nginx');
      for (const [host, row] of recapOf(again.stdout)) expect(row.changed, host).to.equal(0);
    });

    it('a line with which a service does not start is put back, and it serves as before', async () => {
      for (const [role, host] of [
        ['nginx', 'web1'],
        ['haproxy', 'lb2'],
        ['keepalived', 'lb2'],
      ] as const) {
        const folder = `/etc/systemd/system/${role}.service.d/provision.conf`;
        const before = await on(host, `sha256sum ${folder}`);
        const ran = await run(
          ...['-l', host, '--tags', role],
          ...vars({ [`${role}_service_extra`]: ['ReadWritePaths=/not/there'] }),
        );
        expect(ran.status, ran.text).to.equal(1);
        expect(ran.text, role).to.match(/provision\.conf is put back as before/);
        expect(await on(host, `sha256sum ${folder}; systemctl is-active ${role}`)).to.equal(
          `${before}\nactive`,
        );
        expect(await held(role, host), role).to.match(/ 1$/);
      }
      const after = await run('-l', 'loadbalancers:webservers');
      expect(after.status, after.text).to.equal(0);
    });

    it('leaves the site converged', async () => {
      const ran = await run();
      expect(ran.status, ran.text).to.equal(0);
      for (const [host, row] of recapOf(ran.stdout)) expect(row.changed, `${host}\n${ran.text}`).to.equal(0);
    });
  });
}
