import { expect } from 'chai';
import { initOf } from '../../../src/cluster/host.js';
import { defaultRoots } from '../../../src/cluster/paths.js';
import { recapOf, report, type Project } from '../support.js';
import { balancersOf, until, type Balancers } from './balancers.js';
import { ask } from './traffic.js';

const hosts = ['lb1', 'lb2', 'web1', 'web2', 'app1', 'app2', 'db1'] as const;

/** Every host goes at the same moment, so none of them finds at its start what it depends on. */
export function reboot(site: () => Project): void {
  describe('all hosts at once', () => {
    let lbs: Balancers;
    before(async () => {
      lbs = await balancersOf(site());
    });

    const provision = async (...args: string[]): Promise<void> => {
      const ran = await site().provision(...args, '-i', site().inventory);
      expect(ran.status, ran.text.slice(-4000)).to.equal(0);
    };
    /** when the first process of each host started */
    const starts = (): Promise<(number | undefined)[]> =>
      Promise.all(
        hosts.map(async (host) => {
          const init = await initOf({ roots: defaultRoots(site().dir), cluster: lbs.cluster, host });
          return init?.since;
        }),
      );

    const faults = [
      {
        name: 'rebooted',
        // Later than the answer to it, so that no host goes before all have been told.
        strike: () =>
          site().provision(
            'exec',
            '-i',
            site().inventory,
            'all',
            '--',
            'systemd-run --quiet --on-active=2 --timer-property=AccuracySec=100ms systemctl reboot',
          ),
      },
      {
        name: 'power lost',
        strike: async () => {
          for (const host of hosts)
            await site().provision('cluster', 'fault', '-i', site().inventory, host, 'power');
          await provision('cluster', 'heal');
        },
      },
    ];

    for (const { name, strike } of faults) {
      it(`${name}: everything returns without a hand`, async () => {
        const before = await starts();
        const began = Date.now();
        await strike();
        await until('every host has started again', 60, async () => {
          const now = await starts();
          return now.every((since, index) => since !== undefined && since > (before[index] ?? 0) + 1000)
            ? true
            : undefined;
        });
        const up = Date.now();
        // The page, the application, and the database behind it.
        await until('the site answers', 60, async () => {
          const urls = ['/', '/api/whoami', '/api/entries'].map((path) => `http://${lbs.vip}${path}`);
          const answers = await Promise.all(urls.map((url) => ask(url).catch(() => undefined)));
          return answers.every((answer) => answer?.status === 200) ? true : undefined;
        });
        report(
          `      all hosts ${name}: the site answered ${seconds(up, Date.now())} after the last host's start, ${seconds(began, Date.now())} after the first went`,
        );
        const ran = await until('a verification that holds', 60, async () => {
          const verified = await site().provision('verify', '-i', site().inventory);
          return verified.status === 0 ? verified : undefined;
        });
        expect(ran.stdout).to.match(/an entry that was written through the site is read back/);
        const again = await site().provision('-v', '--no-verify', '-i', site().inventory);
        expect(again.status, again.text.slice(-4000)).to.equal(0);
        for (const [host, row] of recapOf(again.stdout)) expect(row.changed, host).to.equal(0);
      });
    }
  });
}

function seconds(from: number, to: number): string {
  return `${((to - from) / 1000).toFixed(1)} s`;
}
