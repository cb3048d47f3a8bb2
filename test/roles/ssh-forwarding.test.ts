import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rendered, rolesOnHosts } from './support.js';

/** What sshd is told to forward on each host, when the last of them is reached with these words for ssh. */
async function forwarding(words: string): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'provision-forwarding-'));
  const inventory = join(folder, 'hosts.json');
  const hosts = {
    gate: { ansible_host: '192.0.2.10', internal_address: '10.0.0.10' },
    other: { ansible_host: '192.0.2.11' },
    'gate-2': { ansible_host: '192.0.2.101' },
    inner: { ansible_host: '10.0.0.20', ansible_ssh_common_args: words },
  };
  const empty = { hosts: {} };
  writeFileSync(
    inventory,
    JSON.stringify({
      all: {
        hosts,
        vars: { vip: '192.0.2.100', app_artifact: '/nowhere', app_name: 'none' },
        children: { loadbalancers: empty, webservers: empty, appservers: empty, databases: empty },
      },
    }),
  );
  try {
    const all = await rolesOnHosts({ inventory });
    const found = all.filter(({ role }) => role.name === 'common');
    return Object.fromEntries(
      found.map((one) => [
        one.host,
        /^AllowTcpForwarding (\w+)$/m.exec(rendered(one, 'sshd.conf.ejs'))?.[1] ?? 'not said',
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('what sshd forwards', () => {
  const none = { gate: 'no', other: 'no', 'gate-2': 'no', inner: 'no' };

  it('is nothing', async () => {
    expect(await forwarding('-o StrictHostKeyChecking=accept-new')).to.deep.equal(none);
    expect(await forwarding('-J elsewhere.example,none')).to.deep.equal(none);
  });

  for (const words of [
    '-J gate',
    '-Jadmin@gate:2222',
    '-J outer.example,192.0.2.10',
    '-o ProxyJump=admin@GATE',
    '-o "ProxyJump gate"',
    "-o 'ProxyJump=ssh://admin@192.0.2.10:22/'",
    '-o ProxyJump=[10.0.0.10]:22',
    '-C -oProxyJump=gate -o ConnectTimeout=5',
    "-o 'ProxyCommand=ssh -W %h:%p -q admin@gate'",
    '-o ProxyCommand="ssh -q gate -W %h:%p"',
  ]) {
    it(`is what a jump host needs, with ${words}`, async () => {
      expect(await forwarding(words)).to.deep.equal({ ...none, gate: 'local' });
    });
  }
});
