import { expect } from 'chai';
import { report, type Project } from '../support.js';
import { balancersOf, pause, until, type Balancers } from './balancers.js';
import { steady } from './traffic.js';

interface Fault {
  readonly name: string;
  /** on the load balancer that has the address */
  readonly strike: (active: string) => Promise<unknown>;
  readonly mend: (host: string) => Promise<unknown>;
  /** milliseconds without an answer */
  readonly limit: number;
}

/** Everything that can take the active load balancer away, under a request every 50 ms. */
export function failover(site: () => Project): void {
  describe('failover', () => {
    let lbs: Balancers;
    const on = async (host: string, command: string): Promise<void> => {
      const ran = await lbs.on(host, command);
      expect(ran.status, ran.text).to.equal(0);
    };
    const cluster = async (...args: string[]): Promise<void> => {
      const [verb = '', ...rest] = args;
      const ran = await site().provision('cluster', verb, '-i', site().inventory, ...rest);
      expect(ran.status, ran.text).to.equal(0);
    };

    before(async () => {
      lbs = await balancersOf(site());
    });

    it('haproxy is killed: systemd has it back before the address would move', async () => {
      const { active } = await lbs.roles();
      const traffic = steady(`http://${lbs.vip}/`);
      await pause(500);
      await on(active, 'systemctl kill --signal=KILL haproxy');
      await until('haproxy is back', 10, async () => {
        const { status } = await lbs.on(active, 'systemctl is-active haproxy');
        return status === 0 ? true : undefined;
      });
      await pause(1500);
      const seen = await traffic.stop();
      report(`      haproxy killed, started again: longest gap ${seen.longestGap} ms`);
      expect(seen.longestGap, seen.failed.join()).to.be.below(3000);
      expect((await lbs.holders()).length).to.equal(1);
    });

    const faults: readonly Fault[] = [
      {
        name: 'haproxy killed for good',
        // As where it dies again at every start.
        strike: (host) =>
          on(
            host,
            `mkdir -p /run/systemd/system/haproxy.service.d && printf '[Service]\\nRestart=no\\n' > /run/systemd/system/haproxy.service.d/drill.conf && systemctl daemon-reload && systemctl kill --signal=KILL haproxy`,
          ),
        mend: (host) =>
          on(
            host,
            'rm /run/systemd/system/haproxy.service.d/drill.conf && systemctl daemon-reload && systemctl reset-failed haproxy && systemctl start haproxy',
          ),
        limit: 3000,
      },
      {
        name: 'keepalived stopped',
        strike: (host) => on(host, 'systemctl stop keepalived'),
        mend: (host) => on(host, 'systemctl start keepalived'),
        limit: 3000,
      },
      {
        name: 'power lost',
        strike: (host) => cluster('fault', host, 'power'),
        mend: () => cluster('heal'),
        limit: 5000,
      },
      {
        name: 'link cut',
        strike: (host) => cluster('fault', host, 'link'),
        mend: () => cluster('heal'),
        limit: 5000,
      },
    ];

    for (const { name, strike, mend, limit } of faults) {
      it(`${name}: the other takes over within ${limit / 1000} s, and keeps the address`, async () => {
        const { active, standby } = await lbs.roles();
        await isReady(lbs, standby);
        const watch = splitBrainWatch(lbs);
        const traffic = steady(`http://${lbs.vip}/`);
        await pause(500);
        await strike(active);
        try {
          await until(`${standby} has the address`, 15, async () =>
            (await lbs.holders()).includes(standby) ? true : undefined,
          );
          await pause(1000);
          const outage = await traffic.stop();
          report(
            `      ${name}: longest gap ${outage.longestGap} ms, ${outage.failed.join(', ') || 'no failed request'}`,
          );
          expect(outage.longestGap).to.be.below(limit);
        } finally {
          await mend(active);
        }
        const afterwards = steady(`http://${lbs.vip}/`);
        await isReady(lbs, active);
        const back = await afterwards.stop();
        report(`        back again: longest gap ${back.longestGap} ms`);
        expect(back.failed).to.deep.equal([]);
        expect(back.longestGap).to.be.below(1000);
        expect(await watch.stop()).to.deep.equal([]);
        expect(await lbs.holders()).to.deep.equal([standby]);
      });
    }

    it('a reload of what has not changed does not move the address', async () => {
      const { active } = await lbs.roles();
      const traffic = steady(`http://${lbs.vip}/`);
      for (const host of ['lb1', 'lb2']) await on(host, 'systemctl reload keepalived');
      await pause(4500);
      const seen = await traffic.stop();
      report(`      keepalived reloaded: longest gap ${seen.longestGap} ms`);
      expect(seen.failed).to.deep.equal([]);
      expect(await lbs.holders()).to.deep.equal([active]);
    });

    it('leaves the site whole', async () => {
      const ran = await site().provision('verify', '-i', site().inventory, '-l', 'loadbalancers');
      expect(ran.status, ran.text).to.equal(0);
    });
  });
}

/** keepalived of this host has got past its start, finds haproxy well, and would take over now. */
async function isReady(lbs: Balancers, host: string): Promise<void> {
  await until(`${host} stands by`, 40, async () => {
    const ran = await lbs.on(
      host,
      `grep -l '^BACKUP\\|^MASTER' /run/keepalived/*.state && systemctl is-active keepalived haproxy && [ "$(($(date +%s) - $(date +%s -d "$(systemctl show -p ActiveEnterTimestamp --value keepalived)")))" -ge 9 ]`,
    );
    return ran.status === 0 ? true : undefined;
  });
}

/** Looks ten times a second whether two hosts have the address. */
function splitBrainWatch(lbs: Balancers): { stop(): Promise<string[]> } {
  const seen: string[] = [];
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      const holders = await lbs.holders();
      if (holders.length > 1) seen.push(`${holders.join(' and ')} have it`);
      await pause(100);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return seen;
    },
  };
}
