import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rendered, rolesOnHosts, type RoleOnHost } from './support.js';

/** The rules that the demo's inventory comes to, and what variables make of them. */
describe('rules of the firewall', () => {
  const on = async (host: string, extra: Record<string, unknown> = {}): Promise<RoleOnHost> => {
    const all = await rolesOnHosts({ extra });
    return all.find((one) => one.role.name === 'firewall' && one.host === host) ?? expect.fail(host);
  };
  const accepts = async (host: string, extra: Record<string, unknown> = {}): Promise<string[]> =>
    rendered(await on(host, extra), 'rules.nft.ejs')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /dport|vrrp counter/.test(line) && /accept comment/.test(line))
      .map((line) => line.replace(/ accept comment.*/, ''));

  it('let each tier have what it needs, and nothing else', async () => {
    const lbs = '10.77.0.11, 10.77.0.100, 10.77.0.12';
    expect(await accepts('db1')).to.deep.equal([
      'tcp dport 22',
      'ip saddr { 10.77.0.31, 10.77.0.32 } tcp dport 3306',
    ]);
    expect(await accepts('app2')).to.deep.equal(['tcp dport 22', `ip saddr { ${lbs} } tcp dport 3000`]);
    expect(await accepts('web1')).to.deep.equal(['tcp dport 22', `ip saddr { ${lbs} } tcp dport 80`]);
    expect(await accepts('lb1')).to.deep.equal([
      `ip saddr { ${lbs} } meta l4proto vrrp counter name vrrp_in`,
      'tcp dport 22',
      'tcp dport { 80, 443 }',
      `ip saddr { 10.77.0.21, 10.77.0.22, ${lbs} } tcp dport 8081`,
    ]);
  });

  it('follow what the inventory tells the other roles', async () => {
    expect(await accepts('db1', { mysql_port: 3307 })).to.include(
      'ip saddr { 10.77.0.31, 10.77.0.32 } tcp dport 3307',
    );
    expect((await accepts('app1', { nginx_app_via: 'direct' })).at(-1)).to.match(
      /10\.77\.0\.21.* dport 3000$/,
    );
    const frontends = [
      {
        name: 'public',
        bind: ['10.77.0.100:8000', ':::8000'],
        tls_bind: ['*:8443 proto h2'],
        default_backend: 'web',
      },
      {
        name: 'inside',
        bind: ['*:9000'],
        allow_from: ['192.0.2.0/24', '127.0.0.0/8'],
        default_backend: 'web',
      },
    ];
    expect((await accepts('lb1', { haproxy_frontends: frontends })).slice(2)).to.deep.equal([
      'tcp dport { 8000, 8443 }',
      'ip saddr 192.0.2.0/24 tcp dport 9000',
    ]);
    expect(await accepts('web1', { ansible_port: 2222 })).to.include('tcp dport { 22, 2222 }');
  });

  it('name groups, hosts, addresses of both families, ranges and protocols', async () => {
    const rules = [
      { ports: ['5000-5010', 5020], from: ['web1', '192.0.2.0/24', '2001:db8::/32'], protocol: 'udp' },
      { protocol: 'esp', from: 'any', comment: 'a "tunnel"' },
    ];
    const lines = rendered(await on('db1', { firewall_rules: rules }), 'rules.nft.ejs');
    expect(lines)
      .to.include('ip saddr { 10.77.0.21, 192.0.2.0/24 } udp dport { 5000-5010, 5020 } accept')
      .and.to.include('ip6 saddr 2001:db8::/32 udp dport { 5000-5010, 5020 } accept')
      .and.to.include(`meta l4proto esp accept comment "a 'tunnel'"`);
  });

  it('tell what they cannot know', async () => {
    const rules = [{ ports: 1, from: ['appservres', 'web1'] }];
    const { scope } = await on('db1', { firewall_rules: rules, internal_address: 'db.example' });
    const inbound = scope.get('firewall_inbound') as { unknown: string[]; nameless: string[] }[];
    expect(inbound.at(-1)).to.deep.include({ unknown: ['appservres'], nameless: ['web1'] });
  });

  it('are taken by nft', async function () {
    if (spawnSync('unshare', ['--net', 'nft', '--version']).status !== 0) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'rules-'));
    try {
      for (const extra of [
        {},
        { firewall_log_drops: true, firewall_ping: false, firewall_reject_known: false },
      ])
        for (const one of await rolesOnHosts({ extra })) {
          if (one.role.name !== 'firewall') continue;
          const file = join(folder, one.host);
          writeFileSync(file, rendered(one, 'rules.nft.ejs'));
          const { status, stderr } = spawnSync('unshare', ['--net', 'nft', '--file', file], {
            encoding: 'utf8',
          });
          expect(status, `${one.host}: ${stderr}`).to.equal(0);
        }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
