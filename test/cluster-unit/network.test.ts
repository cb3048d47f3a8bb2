import { expect } from 'chai';
import {
  machineRuleset,
  networkDown,
  networkUp,
  ruleset,
  type NetworkFacts,
} from '../../src/cluster/network.js';
import { attempt } from '../../src/cluster/run.js';
import type { ClusterSpec } from '../../src/cluster/spec.js';

const spec: ClusterSpec = {
  name: 'my-demo',
  subnet: '10.77.0.0/24',
  gateway: '10.77.0.1',
  hosts: [],
  reserved: [],
};
const nothing: NetworkFacts = {
  bridge: false,
  cabled: [],
  mtu: 1450,
  nameservers: ['192.0.2.53'],
  mirrors: [],
  forwardDrops: false,
};
const lines = (facts: NetworkFacts): string[] => networkUp(spec, facts).map(({ argv }) => argv.join(' '));

describe('network of a cluster', () => {
  it('has its last resort route before its bridge', () => {
    expect(lines(nothing)).to.deep.equal([
      'ip route replace blackhole 10.77.0.0/24 metric 4278198272',
      'ip link add pv-my-demo type bridge',
      'ip link set pv-my-demo mtu 1450 alias provision cluster my-demo',
      'ip address replace 10.77.0.1/24 dev pv-my-demo',
      'ip link set pv-my-demo up',
      'nft -f -',
      'sysctl -q -w net.ipv4.ip_forward=1',
    ]);
  });

  it('keeps a bridge that is there and plugs the hosts that run into it', () => {
    const commands = lines({ ...nothing, bridge: true, cabled: ['web1'] });
    expect(commands).to.not.include('ip link add pv-my-demo type bridge');
    expect(commands.filter((line) => line.endsWith('master pv-my-demo'))).to.have.length(1);
  });

  it('makes exceptions where the machine drops what it forwards, each once', () => {
    const rules = networkUp(spec, { ...nothing, forwardDrops: true }).filter(
      ({ argv }) => argv[0] === 'iptables',
    );
    const summary = rules.map(({ argv, mayFail }) => [argv[2], argv[4], mayFail ?? false]);
    expect(summary).to.deep.equal([
      ['-D', '-s', true],
      ['-D', '-d', true],
      ['-I', '-s', false],
      ['-I', '-d', false],
    ]);
  });

  it('is taken away whatever is left of it', () => {
    const down = networkDown('my-demo', '10.77.0.0/24');
    expect(down.every(({ mayFail }) => mayFail)).to.equal(true);
    expect(down.map(({ argv }) => argv.join(' '))).to.include.members([
      'ip link delete pv-my-demo',
      'nft delete table ip provision_my_demo',
      'nft delete table inet provision_my_demo',
      'ip route delete blackhole 10.77.0.0/24 metric 4278198272',
    ]);
  });

  it('leaves what belongs to a range alone when no range was written down for it', () => {
    const down = networkDown('my-demo', undefined).map(({ argv }) => argv.join(' '));
    expect(down).to.deep.equal([
      'ip link delete pv-my-demo',
      'nft delete table ip provision_my_demo',
      'nft delete table inet provision_my_demo',
    ]);
  });

  it('lets out web traffic and names only, and nothing into another cluster', () => {
    const text = ruleset(spec, ['192.0.2.53']);
    const accepted = text.split('\n').filter((line) => /^ {4}ip saddr 10\.77\.0\.0\/24 .*accept$/.test(line));
    expect(accepted.map((line) => line.trim())).to.deep.equal([
      'ip saddr 10.77.0.0/24 ip daddr 10.77.0.0/24 accept',
      'ip saddr 10.77.0.0/24 ip daddr { 192.0.2.53 } meta l4proto { tcp, udp } th dport 53 accept',
      'ip saddr 10.77.0.0/24 oifname != "pv-*" tcp dport { 80, 443 } accept',
    ]);
    expect(text).to.match(/ip saddr 10\.77\.0\.0\/24 reject with icmp type admin-prohibited\n {2}}\n}\n$/);
  });

  it('takes nothing from its bridge under an address of somebody else', () => {
    const forward = ruleset(spec, []).split('type filter hook forward')[1]!;
    expect(forward.split('\n')[1]!.trim()).to.equal('iifname "pv-my-demo" ip saddr != 10.77.0.0/24 drop');
  });

  it('reaches nothing of the machine but what the hosts are told to use', () => {
    const text = machineRuleset(spec, {
      nameservers: ['192.0.2.53'],
      mirrors: [{ address: '192.0.2.2', port: 3142 }],
    });
    const chain = text.slice(text.indexOf('chain machine'), text.indexOf('}\n  chain'));
    const rules = chain.split('\n').slice(1, -1);
    expect(rules.map((line) => line.trim())).to.deep.equal([
      'type filter hook input priority filter; policy accept;',
      'iifname != "pv-my-demo" accept',
      'ct state established,related accept',
      'meta l4proto { icmp, ipv6-icmp } accept',
      'ip daddr { 192.0.2.53 } meta l4proto { tcp, udp } th dport 53 accept',
      'ip daddr 192.0.2.2 tcp dport 3142 accept',
      'meta l4proto tcp reject with tcp reset',
      'reject with icmpx type admin-prohibited',
    ]);
    expect(text).to.match(/meta nfproto ipv6 iifname "pv-my-demo" oifname != "pv-my-demo" reject/);
    expect(text).to.match(/meta nfproto ipv6 oifname "pv-my-demo" iifname != "pv-my-demo" reject/);
    expect(machineRuleset(spec, { nameservers: [], mirrors: [] })).not.to.match(/dport/);
  });

  it('is a text that nft takes', async function () {
    if (process.getuid?.() !== 0 || (await attempt(['sh', '-c', 'command -v nft'])).code !== 0) this.skip();
    const input = `${ruleset(spec, ['192.0.2.53'])}${machineRuleset(spec, nothing)}`;
    expect(await attempt(['nft', '--check', '-f', '-'], { input })).to.include({ code: 0, stderr: '' });
  });

  it('replaces its own table and no other', () => {
    const tables = [...ruleset(spec, []).matchAll(/^(?:delete )?table (\S+ \S+)/gm)].map((match) => match[1]);
    expect(tables).to.deep.equal(['ip provision_my_demo', 'ip provision_my_demo', 'ip provision_my_demo']);
  });
});
