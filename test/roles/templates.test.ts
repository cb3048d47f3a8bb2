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

    it('uses keywords only from the branch on that has them', async () => {
      const of = async (haproxy_version: string): Promise<string> =>
        rendered(await on('haproxy', 'lb1', { extra: { haproxy_version } }), 'haproxy.cfg.ejs');
      expect(await of('3.0')).to.not.include('init-state');
      expect(await of('3.1')).to.include('init-state down');
      expect(await of('10.0')).to.include('init-state down');
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
