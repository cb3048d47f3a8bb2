import { expect } from 'chai';
import { pause } from '../cluster/drills/balancers.js';
import { ask, load, steady, type Observed } from '../cluster/drills/traffic.js';
import { createProject, needsCluster, report, type Project, type Ran } from '../cluster/support.js';

/**
 * `npm run drill:edge`: what the roles haproxy and nginx promise of requests that meet a reload, a restart or a deploy, counted on hosts of
 * both releases. The application is nginx, too: what is looked at is in front of it. Three to five minutes.
 */
const inventory = `all:
  vars:
    cluster_name: drill-edge
    cluster_subnet: 10.77.0.0/24
    ansible_user: admin
    ansible_become: true
    ansible_ssh_private_key_file: <%= inventory_dir %>/../.provision/cluster/drill-edge/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile=<%= inventory_dir %>/../.provision/cluster/drill-edge/known_hosts
    nginx_app_via: direct
  children:
    loadbalancers:
      hosts:
        lb1: { ansible_host: 10.77.0.11 }
        lb2: { ansible_host: 10.77.0.12, cluster_suite: bookworm }
    webservers:
      hosts:
        web1: { ansible_host: 10.77.0.21 }
        web2: { ansible_host: 10.77.0.22, cluster_suite: bookworm }
    appservers:
      hosts:
        app1: { ansible_host: 10.77.0.31 }
        app2: { ansible_host: 10.77.0.32, cluster_suite: bookworm }
`;

const playbook = `- hosts: appservers
  vars:
    nginx_sites:
      - name: app
        default: true
        listen: ['3000']
        headers: { X-Served-By: "<%= inventory_hostname %>" }
        locations:
          - { match: /, directives: ['default_type text/plain', 'return 200 ok'] }
          - { match: = /readyz, directives: ['if (-f /run/unready) { return 503; }', 'return 200 ok'] }
  tasks:
    - import_role: { name: nginx }

- hosts: webservers
  vars:
    nginx_sites: [{ name: site, default: true, proxy: [{ path: /api/, upstream: app }] }]
  tasks:
    - import_role: { name: nginx }

- hosts: loadbalancers
  vars:
    haproxy_frontends:
      - { name: public, bind: ['*:80'], default_backend: web, rules: ['use_backend app if { path_beg /app }'] }
    haproxy_backends:
      - { name: web, group: webservers, port: 80, check: { uri: /healthz } }
      - { name: app, group: appservers, port: 3000, check: { uri: /readyz }, sticky: true }
      - { name: far, servers: [{ name: far, address: far.example, port: 80 }] }
  tasks:
    - shell: { cmd: echo 10.77.0.21 far.example >> /etc/hosts, unless: grep -q far.example /etc/hosts }
    - import_role: { name: haproxy }
`;

describe('drill: the edge', function () {
  let site: Project;
  const provision = (...args: string[]): Promise<Ran> =>
    site.provision(...args.slice(0, 1), '-i', site.inventory, ...args.slice(1));
  const on = async (host: string, command: string): Promise<string> => {
    const ran = await provision('exec', host, '--', command);
    expect(ran.status, ran.text).to.equal(0);
    return ran.stdout;
  };
  const balancers = [
    ['lb1', 'http://10.95.0.11'],
    ['lb2', 'http://10.95.0.12'],
  ] as const;

  before(async function () {
    needsCluster(this);
    site = await createProject({ cluster: 'drill-edge', range: 95, inventory });
    await site.write('edge.yml', playbook.replaceAll('10.77.', '10.95.'));
    await site.write(
      'state.yml',
      `- hosts: loadbalancers\n  gather_facts: false\n  tasks:\n    - haproxy: { host: app1, backend: app, state: "<%= state %>" }\n`,
    );
    succeeded(await site.provision('cluster', 'up', '-i', site.inventory));
    succeeded(await provision('run', 'edge.yml', '--no-verify'));
  });

  after(async () => {
    if (!site) return;
    await site.provision('cluster', 'down', '-i', site.inventory);
    await site.remove();
  });

  it('40 reloads of nginx lose no POST', async () => {
    const traffics = balancers.map(([, url]) => load(`${url}/api/x`, 10, { method: 'POST' }));
    const reloads = 'for i in $(seq 40); do systemctl reload nginx; sleep 0.5; done';
    await Promise.all([on('webservers', reloads), on('appservers', reloads)]);
    const seen = await Promise.all(traffics.map((traffic) => traffic.stop()));
    for (const [at, [lb]] of balancers.entries()) noneFailed(`40 reloads, through ${lb}`, seen[at]!);
  });

  it('a rolling restart behind nginx fails no request', async () => {
    const traffics = ['21', '22'].map((last) => steady(`http://10.95.0.${last}/api/x`, 100));
    for (const app of ['app1', 'app2']) await on(app, 'systemctl stop nginx; sleep 1; systemctl start nginx');
    await pause(12_000);
    for (const traffic of traffics) noneFailed('two servers away, one after the other', await traffic.stop());
  });

  it('sends a server that comes out of maintenance nothing before its checks have passed, and one in it nothing at all', async () => {
    const set = async (state: string): Promise<void> =>
      succeeded(await provision('run', 'state.yml', '-e', `state=${state}`));
    const bound = { Cookie: 'SERVERID=app1' };
    await set('disabled');
    await on('app1', 'touch /run/unready');
    const counts = await Promise.all(
      balancers
        .map(async ([lb, url]) => {
          const served = { free: 0, bound: 0, all: 0 };
          const until = Date.now() + 15_000;
          while (Date.now() < until) {
            for (const [kind, headers] of [
              ['free', {}],
              ['bound', bound],
            ] as const) {
              const { headers: said, status } = await ask(`${url}/app`, { headers });
              expect(status, lb).to.equal(200);
              served.all += 1;
              if (said['x-served-by'] === 'app1') served[kind] += 1;
            }
            await pause(5);
          }
          return served;
        })
        .concat([
          pause(3000)
            .then(() => set('enabled'))
            .then(() => ({ free: 0, bound: 0, all: 0 })),
        ]),
    );
    report(
      `      ${counts
        .map(({ all, free, bound: cookie }) => `${all} requests: ${free} and ${cookie} early`)
        .slice(0, 2)
        .join('; ')}`,
    );
    for (const { free, bound: cookie } of counts) {
      expect(free).to.equal(0);
      // A client with the cookie can come in between two words of one command.
      expect(cookie).to.be.at.most(1);
    }
    await on('app1', 'rm /run/unready');
    await pause(4000);
    for (const [, url] of balancers) {
      const { headers } = await ask(`${url}/app`, { headers: bound });
      expect(headers['x-served-by'], 'and then they come').to.equal('app1');
    }
  });

  it('keeps nobody DOWN over a reload of whom no checks are made any more', async () => {
    await on('app2', 'systemctl stop nginx');
    await pause(8000);
    const states = async (): Promise<string[]> =>
      (
        await on(
          'loadbalancers',
          "echo 'show stat' | socat - /run/haproxy/admin.sock | grep '^app,app2,' | cut -d, -f18",
        )
      ).match(/DOWN|no check|UP/g) ?? [];
    expect(await states()).to.deep.equal(['DOWN', 'DOWN']);
    await on('loadbalancers', "sed -i 's/server app2 .*/& no-check/' /etc/haproxy/haproxy.cfg");
    await on('app2', 'systemctl start nginx');
    await on('loadbalancers', 'systemctl reload haproxy; sleep 1');
    expect(await states()).to.deep.equal(['no check', 'no check']);
    succeeded(await provision('run', 'edge.yml', '--no-verify', '-l', 'loadbalancers'));
  });

  it('starts without a server whose name cannot be resolved', async () => {
    await on(
      'loadbalancers',
      'sed -i /far.example/d /etc/hosts; systemctl restart haproxy; sleep 1; systemctl is-active haproxy',
    );
    for (const [lb, url] of balancers) expect((await ask(`${url}/healthz`)).status, lb).to.equal(200);
  });

  it('a reload cuts no download', async () => {
    await on('webservers', 'dd if=/dev/zero of=/srv/www/site/big bs=1M count=40 2>/dev/null');
    const download = (url: string): Promise<string> =>
      on(
        'app1',
        `curl --silent --limit-rate 1M --output /dev/null --write-out '%{size_download}' ${url}/big`,
      );
    const all = Promise.all(balancers.map(([, url]) => download(url)));
    await pause(4000);
    await on('webservers', 'systemctl reload nginx');
    await on('loadbalancers', 'systemctl reload haproxy');
    for (const size of await all) expect(size).to.include(String(40 * 1024 * 1024));
  });
});

function succeeded(ran: Ran): void {
  expect(ran.status, ran.text.slice(-4000)).to.equal(0);
}

function noneFailed(what: string, seen: Observed): void {
  report(
    `      ${what}: ${seen.requests} requests, ${seen.failed.join(', ') || '0 failed'}, longest gap ${seen.longestGap} ms`,
  );
  expect(seen.failed, what).to.deep.equal([]);
  expect(seen.requests).to.be.above(50);
}
