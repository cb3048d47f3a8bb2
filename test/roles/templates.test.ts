import { expect } from 'chai';
import { releases, rendered, rolesOnHosts, templatesOf, type RoleOnHost } from './support.js';

describe('templates of roles', () => {
  for (const release of releases) {
    it(`renders all of them for ${release}`, async () => {
      const all = await rolesOnHosts({ release });
      for (const one of all) {
        for (const template of templatesOf(one.role)) {
          const text = rendered(one, template);
          const where = `${one.role.name}/${template} on ${one.host}`;
          // haproxy refuses a file whose last line has no end.
          expect(text.endsWith('\n'), where).to.equal(true);
          expect(text, where).to.not.match(/undefined|NaN|\[object|<%|%>| +$|\n{3}/m);
        }
      }
    });
  }

  describe('server.cnf', () => {
    it('gives tables that name the character set alone the collation of all others', async () => {
      const text = rendered(
        await on('mysql', 'db1', { extra: { mysql_collation: 'utf8mb4_bin' } }),
        'server.cnf.ejs',
      );
      expect(text).to.include('collation-server = utf8mb4_bin\n');
      expect(text).to.include('loose-character-set-collations = utf8mb4=utf8mb4_bin\n');
    });

    it('leaves that to the user who sets it, and to MySQL, which has no such setting', async () => {
      const own = { mysql_settings: { character_set_collations: 'utf8mb3=utf8mb3_bin' } };
      const text = rendered(await on('mysql', 'db1', { extra: own }), 'server.cnf.ejs');
      expect(text.match(/^.*collations.*$/gm)).to.deep.equal([
        'character-set-collations = utf8mb3=utf8mb3_bin',
      ]);
      const mysql = rendered(
        await on('mysql', 'db1', { extra: { mysql_flavor: 'mysql' } }),
        'server.cnf.ejs',
      );
      expect(mysql).to.not.include('collations');
    });
  });

  describe('haproxy.cfg', () => {
    it('spreads over the hosts of both groups, with health checks', async () => {
      const text = rendered(await on('haproxy', 'lb1'), 'haproxy.cfg.ejs');
      expect(section(text, 'backend web')).to.include.members([
        'server web1 10.77.0.21:80 check',
        'server web2 10.77.0.22:80 check',
        'http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host localhost hdr User-Agent haproxy-check',
      ]);
      expect(section(text, 'backend app')).to.include.members([
        'server app1 10.77.0.31:3000 check',
        'server app2 10.77.0.32:3000 check',
      ]);
    });

    it('replaces at the edge what a client says of itself, and passes on inside what the edge has said', async () => {
      const text = rendered(await on('haproxy', 'lb1'), 'haproxy.cfg.ejs');
      expect(section(text, 'frontend public')).to.include('http-request set-header X-Forwarded-For %[src]');
      expect(section(text, 'frontend internal')).to.include(
        'http-request set-header X-Forwarded-For %[src] unless { req.hdr(X-Forwarded-For) -m found }',
      );
    });

    it('asks for the password of the statistics where there is one', async () => {
      const extra = { haproxy_stats_password: `it's "secret"` };
      const text = rendered(await on('haproxy', 'lb1', { extra }), 'haproxy.cfg.ejs');
      expect(section(text, 'userlist stats')).to.deep.equal([
        `user admin insecure-password 'it'\\''s "secret"'`,
      ]);
      expect(section(text, 'frontend stats')).to.include('http-request auth realm haproxy unless known');
    });

    it('lets nobody but proxies of the site reach the frontend whose word on clients is believed', async () => {
      const text = rendered(await on('haproxy', 'lb1'), 'haproxy.cfg.ejs');
      expect(section(text, 'frontend internal')).to.include(
        'tcp-request connection reject unless { src 10.77.0.21 10.77.0.22 10.77.0.11 10.77.0.12 127.0.0.0/8 }',
      );
      expect(text).to.not.match(/allow_from/);
    });

    it('ends TLS where there is a certificate, and nowhere else', async () => {
      const of = async (extra: Record<string, unknown>): Promise<string> =>
        rendered(await on('haproxy', 'lb1', { extra }), 'haproxy.cfg.ejs');
      const certificates = {
        haproxy_certificates: [{ name: 'a' }, { name: 'b' }],
        haproxy_tls_redirect: true,
      };
      const secure = section(await of(certificates), 'frontend public');
      expect(secure).to.include.members([
        'bind *:80',
        'bind *:443 ssl crt /etc/haproxy/certs/a.pem crt /etc/haproxy/certs/b.pem alpn h2,http/1.1',
        'http-request redirect scheme https code 301 unless { ssl_fc } or { path_beg /.well-known/acme-challenge/ }',
        'http-after-response set-header Strict-Transport-Security max-age=63072000 if { ssl_fc }',
      ]);
      const both = section(await of({ ...certificates, haproxy_tls_redirect: false }), 'frontend public');
      expect(both.join('\n'))
        .to.include('bind *:443')
        .and.not.match(/redirect|Strict-Transport/);
      const plain = section(await of({ haproxy_certificates: [] }), 'frontend public');
      expect(plain.join('\n')).to.not.match(/ssl crt|Strict-Transport|redirect/);
      expect(await of({ ...certificates, haproxy_tls_profile: 'modern' })).to.include('ssl-min-ver TLSv1.3');
    });

    it('leaves it to haproxy which of its versions has a keyword', async () => {
      const text = rendered(await on('haproxy', 'lb1'), 'haproxy.cfg.ejs');
      expect(text)
        .to.match(/^\.if version_atleast\(3\.1\)\n +default-server init-state down\n\.endif$/m)
        .and.match(/^\.if openssl_version_atleast\(3\.5\.0\)\n +ssl-default-bind-curves X25519MLKEM768:/m);
    });

    it('uses a connection to a server for one request alone, unless it is told otherwise', async () => {
      const of = async (backend: object): Promise<readonly string[]> => {
        const extra = { haproxy_backends: [{ name: 'app', group: 'appservers', port: 3000, ...backend }] };
        return section(rendered(await on('haproxy', 'lb1', { extra }), 'haproxy.cfg.ejs'), 'backend app');
      };
      expect(await of({})).to.include('option http-server-close');
      expect(await of({ keep_alive: true })).to.not.include('option http-server-close');
      expect(await of({ mode: 'tcp' })).to.not.include('option http-server-close');
    });

    it('starts without the servers whose names cannot be resolved, and asks DNS alone for those that it knows', async () => {
      const servers = [
        { name: 'far', address: 'api.example.com', port: 443 },
        { name: 'near', address: 'app1', port: 3000 },
        { name: 'plain', address: '10.0.0.9', port: 3000 },
      ];
      const role = await on('haproxy', 'lb1', { extra: { haproxy_backends: [{ name: 'app', servers }] } });
      expect(role.scope.get('haproxy_server_names')).to.deep.equal(['api.example.com', 'app1']);
      const asked = await on('haproxy', 'lb1', {
        extra: {
          haproxy_backends: [{ name: 'app', servers }],
          haproxy_names: {
            results: [
              { item: 'api.example.com', rc: 2 },
              { item: 'app1', rc: 0 },
            ],
          },
        },
      });
      const text = rendered(asked, 'haproxy.cfg.ejs');
      expect(text).to.include('default-server init-addr last,libc,none');
      expect(section(text, 'resolvers dns')).to.include.members(['parse-resolv-conf', 'hold nx 24d']);
      expect(section(text, 'backend app')).to.include.members([
        'server far api.example.com:443 check resolvers dns',
        'server near app1:3000 check',
        'server plain 10.0.0.9:3000 check',
      ]);
      expect(rendered(await on('haproxy', 'lb1'), 'haproxy.cfg.ejs')).to.not.include('resolvers dns');
    });
  });

  describe('nginx.conf', () => {
    it('reaches the application through the virtual address and believes the load balancers alone', async () => {
      const text = rendered(await on('nginx', 'web1'), 'nginx.conf.ejs');
      expect(text).to.include('server 10.77.0.100:8081 max_fails=0;');
      expect(text.match(/(?<=set_real_ip_from )\S+(?=;)/g)).to.deep.equal([
        '10.77.0.11',
        '10.77.0.12',
        '10.77.0.100',
      ]);
    });

    it('writes HTTP/2 as the version of nginx wants it', async () => {
      const site = { name: 's', tls: { certificate: '/c', key: '/k' } };
      const of = async (nginx_version: string): Promise<string> =>
        rendered(
          await on('nginx', 'web1', { extra: { nginx_version, nginx_sites: [site] } }),
          'nginx.conf.ejs',
        );
      expect(await of('1.22'))
        .to.include('listen 443 ssl http2;')
        .and.not.include('http2 on;');
      expect(await of('1.26'))
        .to.include('listen 443 ssl;')
        .and.include('http2 on;');
    });

    it('asks nginx itself for its version where no variable says it', async () => {
      const tls = { certificate: '/c', key: '/k' };
      const nginx_sites = [{ name: 's', tls }];
      const of = async (extra: object): Promise<string> =>
        rendered(await on('nginx', 'web1', { extra: { nginx_sites, ...extra } }), 'nginx.conf.ejs');
      expect(await of({ nginx_asked: { stderr: 'nginx version: nginx/1.30.1\n' } })).to.include('http2 on;');
      expect(await of({ nginx_asked: { stderr: 'nginx version: nginx/1.22.1 (Ubuntu)\n' } })).to.include(
        'listen 443 ssl http2;',
      );
    });

    it('never has all servers of an upstream counted as failed', async () => {
      const of = async (servers: string[]): Promise<string[] | null> => {
        const nginx_upstreams = [{ name: 'app', servers }];
        const text = rendered(await on('nginx', 'web1', { extra: { nginx_upstreams } }), 'nginx.conf.ejs');
        return text.match(/(?<=^ +server )\d[^;]*(?=;)/gm);
      };
      expect(await of(['1.1.1.1:1'])).to.deep.equal(['1.1.1.1:1 max_fails=0']);
      expect(await of(['1.1.1.1:1', '1.1.1.2:1 weight=2 max_fails=3  fail_timeout=5s'])).to.deep.equal([
        '1.1.1.1:1',
        '1.1.1.2:1 weight=2 max_fails=3 fail_timeout=5s',
        '1.1.1.1:1 max_fails=0 backup',
        '1.1.1.2:1 weight=2 max_fails=0 backup',
      ]);
      // A second line of a server would let in twice as many, and a server of the last resort is there already.
      expect(await of(['1.1.1.1:1 max_conns=5', '1.1.1.2:1 max_fails=2'])).to.deep.equal([
        '1.1.1.1:1 max_conns=5 max_fails=0',
        '1.1.1.2:1 max_fails=2',
      ]);
      expect(await of(['1.1.1.1:1', '1.1.1.2:1 backup'])).to.deep.equal([
        '1.1.1.1:1',
        '1.1.1.2:1 backup max_fails=0',
      ]);
    });

    it('keeps connections to haproxy, and to nobody who may close one in which a request is on its way', async () => {
      const of = async (extra: Record<string, unknown>): Promise<string> =>
        rendered(await on('nginx', 'web1', { extra }), 'nginx.conf.ejs');
      expect(await of({}))
        .to.match(/^ +keepalive 32;$/m)
        .and.include('Connection $connection_upgrade;');
      const direct = await of({ nginx_app_via: 'direct' });
      expect(direct)
        .to.include('Connection $connection_once;')
        .and.not.match(/^ +keepalive(_timeout 5s| \d)/m);
      expect(await of({ nginx_upstreams: [{ name: 'app', servers: ['1.1.1.1:1'], keepalive: 4 }] }))
        .to.match(/^ +keepalive 4;$/m)
        .and.include('Connection $connection_upgrade;');
    });

    it('has each location once, whatever a site takes for itself', async () => {
      const of = async (site: object): Promise<string[]> => {
        const extra = { nginx_sites: [{ name: 's', default: true, ...site }] };
        const text = rendered(await on('nginx', 'web1', { extra }), 'nginx.conf.ejs');
        const block = text.slice(text.indexOf('# Site s'));
        return (block.match(/(?<=^ +location ).*(?= \{$)/gm) ?? []).filter((match) => !match.startsWith('~'));
      };
      const app = (path: string): object => ({ path, upstream: 'app' });
      const own = (match: string): object => ({ match, directives: ['return 204'] });
      expect(await of({})).to.deep.equal(['= /healthz', '^~ /.well-known/', '/']);
      expect(await of({ proxy: [app('/')] })).to.deep.equal([
        '= /healthz',
        '^~ /.well-known/',
        '^~ /',
        '@whole',
      ]);
      expect(await of({ proxy: [app('/'), app('/.well-known/')] })).to.deep.equal([
        '= /healthz',
        '^~ /',
        '^~ /.well-known/',
      ]);
      expect(await of({ locations: [own('^~ /'), own('= /healthz')] })).to.deep.equal([
        '^~ /.well-known/',
        '^~ /',
        '= /healthz',
      ]);
    });

    it('lets what is under way at a reload go on as long as it is told', async () => {
      const extra = { nginx_shutdown_timeout: '2h' };
      expect(rendered(await on('nginx', 'web1'), 'nginx.conf.ejs')).to.include('worker_shutdown_timeout 1h;');
      expect(rendered(await on('nginx', 'web1', { extra }), 'nginx.conf.ejs')).to.include(
        'worker_shutdown_timeout 2h;',
      );
      expect(rendered(await on('haproxy', 'lb1'), 'haproxy.cfg.ejs')).to.include('hard-stop-after 1h');
    });

    it('refuses host names that no site has, unless a site is for all', async () => {
      const of = async (site: object): Promise<string> =>
        rendered(
          await on('nginx', 'web1', { extra: { nginx_sites: [{ name: 's', ...site }] } }),
          'nginx.conf.ejs',
        );
      expect(await of({})).to.include('return 444;');
      expect(await of({ default: true })).to.not.include('return 444;');
    });
  });

  describe('keepalived.conf', () => {
    it('prefers the hosts in the order of their group and names the others as peers', async () => {
      const [first, second] = [await on('keepalived', 'lb1'), await on('keepalived', 'lb2')].map((one) =>
        rendered(one, 'keepalived.conf.ejs'),
      );
      expect(first)
        .to.match(/priority 150\n/)
        .and.match(/unicast_src_ip 10\.77\.0\.11\n[^}]*10\.77\.0\.12 min_ttl/);
      expect(second)
        .to.match(/priority 140\n/)
        .and.match(/unicast_src_ip 10\.77\.0\.12\n[^}]*10\.77\.0\.11 min_ttl/);
    });

    it('takes the interface whose subnet holds the address', async () => {
      const { scope } = await on('keepalived', 'lb1');
      expect(scope.get('keepalived_interface')).to.equal('eth0');
      const elsewhere = await on('keepalived', 'lb1', {
        extra: { keepalived_vips: [{ address: '127.0.0.9/8' }] },
      });
      expect(elsewhere.scope.get('keepalived_interface')).to.equal('lo');
    });
  });

  describe('sshd.conf', () => {
    it('forbids passwords, but not to a run that uses one', async () => {
      expect(rendered(await on('common', 'lb1'), 'sshd.conf.ejs')).to.include('PasswordAuthentication no');
      const extra = { ansible_user: 'root', ansible_password: 'x' };
      const text = rendered(await on('common', 'lb1', { extra }), 'sshd.conf.ejs');
      expect(text).to.not.include('PasswordAuthentication').and.not.include('PermitRootLogin');
    });
  });
});

async function on(
  role: string,
  host: string,
  { extra = {} }: { extra?: Record<string, unknown> } = {},
): Promise<RoleOnHost> {
  const found = (await rolesOnHosts({ extra })).find((one) => one.role.name === role && one.host === host);
  if (!found) throw new Error(`${role} is not used on ${host}`);
  return found;
}

/** The lines of a section of haproxy.cfg, without their indentation. */
function section(text: string, head: string): string[] {
  const start = text.split('\n').indexOf(head);
  if (start < 0) throw new Error(`no section "${head}"`);
  const lines = text.split('\n').slice(start + 1);
  const end = lines.findIndex((line) => line !== '' && !line.startsWith(' ') && !line.startsWith('#'));
  return lines
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
