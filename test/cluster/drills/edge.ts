import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { exampleOf, report, type Project, type Ran } from '../support.js';
import { balancersOf, pause, until, type Balancers } from './balancers.js';
import { ask, load as startLoad, type Observed, type Traffic } from './traffic.js';

/** What HAProxy and nginx owe the site: an even share, the truth about clients, TLS, and changes that nobody notices. */
export function edge(site: () => Project): void {
  describe('edge', () => {
    let lbs: Balancers;
    const provision = (...args: string[]): Promise<Ran> =>
      site().provision('-i', site().inventory, '-v', ...args);
    const on = async (host: string, command: string): Promise<string> => {
      const ran = await lbs.on(host, command);
      expect(ran.status, ran.text).to.equal(0);
      return ran.stdout.split('\n').slice(1).join('\n');
    };
    const socket = (host: string, command: string): Promise<string> =>
      on(host, `printf '%s\\n' ${quote(command)} | socat -t 5 - /run/haproxy/admin.sock`);

    const state = (host: string, folder: string, unit: string): Promise<string> =>
      on(
        host,
        `find ${folder} -type f ! -name '.*' -exec sha256sum {} + | sort; systemctl show -p MainPID,ActiveState ${unit}`,
      );
    const wrong = (vars: object, limit: string, tags: string): Promise<Ran> =>
      provision('-e', JSON.stringify(vars), '-l', limit, '--tags', tags, '--no-verify');

    const traffics: Traffic[] = [];
    const load = (url: string): Traffic => {
      const traffic = startLoad(url);
      traffics.push(traffic);
      return traffic;
    };

    before(async () => {
      lbs = await balancersOf(site());
    });

    // A test that fails before it stops its traffic would keep the process for ever.
    afterEach(async () => {
      await Promise.all(traffics.splice(0).map((traffic) => traffic.stop()));
    });

    it('spreads 1,000 requests over the application servers within 1 % of even', async () => {
      const { active } = await lbs.roles();
      // A server that came back a moment ago gets its full share only after haproxy's slowstart, 10 s by default. The weight that
      // is told is rounded up, so it does not tell.
      await until('all servers have their full share', 40, async () => {
        const rows = csv(await socket(active, 'show stat')).filter(({ svname }) =>
          /^(app|web)\d/.test(svname),
        );
        return rows.length === 4 &&
          rows.every(({ lastchg, status }) => Number(lastchg) > 12 && status === 'UP')
          ? true
          : undefined;
      });
      const served = new Map<string, number>();
      const client = async (): Promise<void> => {
        for (let left = 125; left > 0; left -= 1) {
          const { status, headers } = await ask(`http://${lbs.vip}/api/whoami`);
          expect(status).to.equal(200);
          const server = String(headers['x-served-by']);
          served.set(server, (served.get(server) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));
      const even = 1000 / served.size;
      const off = Math.max(...[...served.values()].map((count) => (Math.abs(count - even) / even) * 100));
      report(
        `      1,000 requests: ${[...served].map(([server, count]) => `${server} ${count}`).join(', ')}; ${off.toFixed(1)} % off`,
      );
      expect([...served.keys()].sort()).to.deep.equal(['app1', 'app2']);
      expect(off).to.be.at.most(1);
    });

    it('tells the application the real client, whatever the client says', async () => {
      const forged = {
        'X-Forwarded-For': '203.0.113.66, 10.0.0.1',
        'X-Real-IP': '203.0.113.67',
        Forwarded: 'for=203.0.113.68',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'evil.example',
      };
      const own = await ownAddress(lbs.vip);
      for (const base of [`http://${lbs.vip}`, `https://${lbs.vip}`]) {
        const { status, body } = await ask(`${base}/api/whoami`, { headers: forged });
        expect(status, base).to.equal(200);
        expect((JSON.parse(body) as { client: string }).client, base).to.equal(own);
      }
      // A web server and the application believe nobody but those before them; others get there from the host itself alone.
      const headers = Object.entries(forged)
        .map(([name, value]) => `--header ${quote(`${name}: ${value}`)}`)
        .join(' ');
      const straight = [
        ['web1', 'http://127.0.0.1/api/whoami', '127.0.0.1'],
        ['app1', `http://${address(lbs, 31)}:3000/api/whoami`, address(lbs, 31)],
      ] as const;
      for (const [host, url, client] of straight) {
        const said = await on(host, `curl --silent --fail ${headers} ${url}`);
        expect((JSON.parse(said) as { client: string }).client, host).to.equal(client);
      }
    });

    it('is closed to strangers where it is not meant for them', async () => {
      const { active } = await lbs.roles();
      const edges = [lbs.vip, address(lbs, 11), address(lbs, 12)];
      const closed = [
        ...edges.flatMap((host) => [`http://${host}:8404/stats`, `http://${host}:8081/api/whoami`]),
        `http://${address(lbs, 21)}/`,
        `http://${address(lbs, 21)}:8080/status`,
        `http://${address(lbs, 31)}:3000/api/whoami`,
      ];
      const failures = await Promise.all(closed.map((url) => failureOf(url)));
      expect(failures, 'the firewall gives no answer').to.deep.equal(closed.map(() => 'TimeoutError'));
      // The services do not rely on it.
      const rule = 'nft insert rule inet provision input tcp dport { 8404, 8081, 8080 } accept';
      for (const host of ['lb1', 'lb2', 'web1']) await on(host, rule);
      for (const host of edges) {
        expect(await failureOf(`http://${host}:8404/stats`), host).to.equal('ECONNREFUSED');
        expect(await failureOf(`http://${host}:8081/api/whoami`), host).to.equal('ECONNRESET');
      }
      expect(await failureOf(`http://${address(lbs, 21)}:8080/status`)).to.equal('ECONNREFUSED');
      for (const host of ['lb1', 'lb2', 'web1']) await on(host, 'systemctl reload provision-firewall');
      const stranger = await lbs.on(
        active,
        'for socket in /run/haproxy/admin.sock /run/haproxy-master.sock; do runuser -u nobody -- socat -T 2 - UNIX-CONNECT:$socket </dev/null && exit 1; done; true',
      );
      expect(stranger.status, stranger.text).to.equal(0);
      expect(stranger.text).to.match(/Permission denied/);
      expect(await on(active, 'stat -c "%a %U" /etc/haproxy/certs /etc/haproxy/certs/site.pem')).to.equal(
        '700 root\n600 root\n',
      );
    });

    it('speaks TLS as browsers want it, with the certificate of the site', async () => {
      const ca = await certificateOf(site(), lbs);
      const secure = { ca, servername: 'guestbook.example' };
      const { status, headers } = await ask(`https://${lbs.vip}/`, secure);
      expect(status).to.equal(200);
      // The demo serves plain HTTP, too: it must not tell browsers never to use it again.
      expect(headers['strict-transport-security']).to.equal(undefined);
      expect(
        await handshake(lbs.vip, { ca, servername: 'guestbook.example', ALPNProtocols: ['h2'] }),
      ).to.equal('TLSv1.3 h2');
      const old = { ca, servername: 'guestbook.example', maxVersion: 'TLSv1.2' } as const;
      expect(await handshake(lbs.vip, old)).to.equal('TLSv1.2 none');
      expect(await handshake(lbs.vip, { ...old, ciphers: 'AES128-SHA256' })).to.match(/alert|handshake/i);
      const older = {
        ca,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      } as const;
      expect(await handshake(lbs.vip, older)).to.match(/alert|version/i);
    });

    it('runs the examples of the README files under load: no request fails', async () => {
      const { active } = await lbs.roles();
      const roles = ['haproxy', 'keepalived', 'nginx'];
      const examples = await Promise.all(roles.map(exampleOf));
      await site().write('playbooks/readme.yml', examples.join('\n'));
      await site().write('site/index.html', '<title>shop</title>\n');
      const traffic = load(`https://${lbs.vip}/api/whoami`);
      // The demo keeps plain HTTP; what is shown here is what a site gets that says nothing.
      const run = ['playbooks/readme.yml', '-e', '{"haproxy_tls_redirect": true}', '-l', `${active},web2`];
      const ran = await provision(...run);
      const seen = await traffic.stop();
      expect(ran.status, ran.text).to.equal(0);
      noneFailed('haproxy and nginx set up anew', seen);
      const plain = await ask(`http://${lbs.vip}/a?b=c`, { headers: { Host: 'www.example.com' } });
      expect(plain.status).to.equal(301);
      expect(plain.headers.location).to.equal('https://www.example.com/a?b=c');
      expect((await ask(`http://${lbs.vip}/.well-known/acme-challenge/x`)).status).to.equal(404);
      const secure = await ask(`https://${lbs.vip}/`);
      expect(secure.headers['strict-transport-security']).to.equal('max-age=63072000');
      expect(await on('web2', 'curl --silent http://127.0.0.1/')).to.include('<title>shop</title>');
      const again = await provision(...run);
      expect(again.stdout, again.text).to.match(/ 0 changed on 0 hosts/);
    });

    it('takes up a certificate that is renewed on the host, without a run and without a failed request', async () => {
      const { active } = await lbs.roles();
      const traffic = load(`https://${lbs.vip}/api/whoami`);
      const before = (await ask(`https://${lbs.vip}/`)).certificate;
      // As an ACME client does: beside, then renamed. The key never leaves the host.
      await on(
        active,
        `cd /etc/haproxy/certs && umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=guestbook.example -keyout .new.key -out .new.crt 2>/dev/null && cat .new.crt .new.key > .new && rm .new.key .new.crt && mv .new www.pem`,
      );
      await until('the new certificate is shown', 15, async () => {
        const { certificate } = await ask(`https://${lbs.vip}/`);
        return certificate === before ? undefined : certificate;
      });
      await pause(1000);
      const seen = await traffic.stop();
      expect(seen.certificates.size).to.equal(2);
      noneFailed('certificate renewed', seen);
    });

    it('goes back to what the inventory says', async () => {
      const traffic = load(`https://${lbs.vip}/api/whoami`);
      const ran = await provision('-l', 'loadbalancers:webservers', '--tags', 'haproxy,keepalived,nginx');
      const seen = await traffic.stop();
      expect(ran.status, ran.text).to.equal(0);
      noneFailed('and back', seen);
    });

    it('reloads under load: no request fails, and a server that was drained stays so', async () => {
      const { active } = await lbs.roles();
      await socket(active, 'set server app/app1 state drain');
      const traffic = load(`http://${lbs.vip}/api/whoami`);
      const thrice = (program: string): string =>
        `for time in 1 2 3; do /usr/local/libexec/provision/${program} || exit 1; sleep 0.5; done`;
      await Promise.all([
        on(active, thrice('haproxy-reload /run/haproxy/admin.sock')),
        ...['web1', 'web2'].map((host) => on(host, thrice('nginx-reload'))),
      ]);
      const seen = await traffic.stop();
      const [app1] = csv(await socket(active, 'show stat')).filter(({ svname }) => svname === 'app1');
      await socket(active, 'set server app/app1 state ready');
      noneFailed('3 reloads of haproxy and of nginx', seen);
      expect(app1?.status).to.match(/^DRAIN/);
    });

    it('fails the run over a mistake, and what served goes on serving', async () => {
      const { active } = await lbs.roles();
      const traffic = load(`http://${lbs.vip}/api/whoami`);
      const look = (): Promise<string[]> =>
        Promise.all([state(active, '/etc/haproxy', 'haproxy'), state('web1', '/etc/nginx', 'nginx')]);
      const before = await look();
      const ran = await wrong(
        { haproxy_extra_global: 'no-such-keyword', nginx_extra_http: 'no_such_directive on;' },
        `${active},web1`,
        'haproxy,nginx',
      );
      expect(ran.status, ran.text).to.equal(1);
      expect(ran.stdout)
        .to.match(/unknown keyword 'no-such-keyword'/)
        .and.to.match(/unknown directive "no_such_directive"/)
        .and.to.match(
          /haproxy\.cfg: the new content does not pass its validation; the file is left as it was/,
        );
      expect(await look()).to.deep.equal(before);

      const kept = await state(active, '/etc/keepalived', 'keepalived');
      const taken = await wrong({ haproxy_extra: 'frontend taken\n    bind *:22\n' }, active, 'haproxy');
      expect(taken.status, taken.text).to.equal(1);
      expect(taken.stdout).to.match(/bind \*:22: port 22 is taken by (sshd|systemd)/);
      expect(await look()).to.deep.equal(before);

      const typo = await wrong({ keepalived_extra: 'vrrp_instnce x {\n}' }, active, 'keepalived');
      expect(typo.status, typo.text).to.equal(1);
      expect(typo.stdout).to.match(/Unknown keyword 'vrrp_instnce'/);
      expect(await state(active, '/etc/keepalived', 'keepalived')).to.equal(kept);
      expect(await lbs.holders()).to.deep.equal([active]);
      noneFailed('mistakes in haproxy, nginx and keepalived', await traffic.stop());
    });

    it('gives the previous files back where only the service finds out that it cannot work with the new ones', async () => {
      const { active } = await lbs.roles();
      const traffic = load(`http://${lbs.vip}/api/whoami`);
      const look = (): Promise<string[]> =>
        Promise.all([state(active, '/etc/haproxy', 'haproxy'), state('web1', '/etc/nginx', 'nginx')]);
      const before = await look();
      // More files than the kernel gives to a process, and a port that sshd has: the check of neither program tries it.
      const files = Number(await on(active, 'cat /proc/sys/fs/nr_open'));
      const few = files < 2_000_000;
      if (!few) report(`      (not for haproxy: this kernel gives it ${files} files)`);
      const ran = await wrong(
        { haproxy_maxconn: Math.min(files, 2_000_000), nginx_extra_http: 'server { listen 22; }' },
        few ? `${active},web1` : 'web1',
        'haproxy,nginx',
      );
      expect(ran.status, ran.text).to.equal(1);
      expect(ran.stdout)
        .to.match(/bind\(\) to 0\.0\.0\.0:22 failed/)
        .and.to.match(/nginx goes on with its former configuration/)
        .and.to.match(/\/etc\/nginx\/nginx\.conf is put back as before/);
      if (few)
        expect(ran.stdout)
          .to.match(/haproxy goes on with its former configuration/)
          .and.to.match(/\/etc\/haproxy\/haproxy\.cfg is put back as before/);
      expect(await look()).to.deep.equal(before);
      noneFailed('configurations that cannot be taken up, in haproxy and nginx', await traffic.stop());
    });

    it('changes nothing in a dry run', async () => {
      const look = (): Promise<string[]> =>
        Promise.all(
          ['lb1', 'lb2', 'web1'].map((host) =>
            on(
              host,
              "find /etc /usr/local -xdev -type f -printf '%p %i %m %u %g %s %T@\\n' | sort | sha256sum",
            ),
          ),
        );
      const before = await look();
      const changed = { haproxy_maxconn: 5000, keepalived_advert_int: 2, nginx_client_max_body_size: '1m' };
      const ran = await provision(
        '--check',
        '--diff',
        '-e',
        JSON.stringify(changed),
        '-l',
        'loadbalancers:web1',
        '--tags',
        'haproxy,keepalived,nginx',
        '--no-verify',
      );
      expect(ran.status, ran.text).to.equal(0);
      for (const line of ['maxconn 5000', 'advert_int 2', 'client_max_body_size 1m'])
        expect(ran.stdout).to.include(line);
      expect(await look()).to.deep.equal(before);
    });

    it('leaves the site converged', async () => {
      const ran = await provision('-l', 'loadbalancers:webservers');
      expect(ran.status, ran.text).to.equal(0);
      expect(ran.stdout).to.match(/ 0 changed on 0 hosts/);
    });
  });
}

function noneFailed(what: string, seen: Observed): void {
  report(
    `      ${what}: ${seen.requests} requests, ${seen.failed.join(', ') || '0 failed'}, longest gap ${seen.longestGap} ms`,
  );
  expect(seen.failed, what).to.deep.equal([]);
  expect(seen.requests).to.be.above(50);
}

async function certificateOf(project: Project, { cluster }: Balancers): Promise<string> {
  const pem = await readFile(join(project.dir, '.provision/secrets', cluster, 'site.pem'), 'utf8');
  return pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'), pem.indexOf('-----END CERTIFICATE') + 25);
}

/** An address of the demo's site by its last number. */
function address({ vip }: Balancers, last: number): string {
  return vip.replace(/\d+$/, String(last));
}

/** The address with which this machine reaches the site. */
function ownAddress(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectPlain(80, host, () => {
      resolve(socket.localAddress ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** `TLSv1.3 h2`, or why there was no handshake. */
function handshake(host: string, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ host, port: 443, ...options }, () => {
      resolve(`${socket.getProtocol()} ${socket.alpnProtocol || 'none'}`);
      socket.destroy();
    });
    socket.on('error', (error) => resolve(error.message));
  });
}

async function failureOf(url: string): Promise<string> {
  return ask(url, { timeout: 3000 }).then(
    ({ status }) => `status ${status}`,
    (error: NodeJS.ErrnoException) => (error.cause as Error | undefined)?.name ?? error.code ?? error.message,
  );
}

/** `show stat`, one object for each line. */
function csv(text: string): { svname: string; lastchg: string; status: string }[] {
  const lines = text.split('\n').filter((line) => line.includes(','));
  const names = (lines[0] ?? '').replace(/^# /, '').split(',');
  return lines.slice(1).map((line) => {
    const cells = line.split(',');
    const of = (name: string): string => cells[names.indexOf(name)] ?? '';
    return { svname: of('svname'), lastchg: of('lastchg'), status: of('status') };
  });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
