import { expect } from 'chai';
import { rangeInUse, type Machine } from '../../src/cluster/in-use.js';

const spec = { name: 'demo', subnet: '10.77.0.0/24' };
const idle: Machine = {
  links: [{ ifname: 'eth0', addr_info: [{ family: 'inet', local: '192.0.2.2', prefixlen: 24 }] }],
  routes: [
    { dst: 'default', dev: 'eth0' },
    { dst: '192.0.2.0/24', dev: 'eth0' },
  ],
  clusters: [],
};

describe('rangeInUse', () => {
  it('finds nobody on a machine that is elsewhere', () => {
    expect(rangeInUse(spec, idle)).to.equal(undefined);
  });

  it('names the interface', () => {
    const links = [{ ifname: 'vpn0', addr_info: [{ family: 'inet', local: '10.77.3.9', prefixlen: 16 }] }];
    expect(rangeInUse(spec, { ...idle, links })).to.equal('the interface vpn0 (10.77.3.9/16)');
  });

  it('names the route', () => {
    expect(rangeInUse(spec, { ...idle, routes: [{ dst: '10.0.0.0/8', dev: 'tun0' }] })).to.equal(
      'a route to 10.0.0.0/8 over tun0',
    );
    expect(rangeInUse(spec, { ...idle, routes: [{ dst: '10.77.0.40' }] })).to.equal('a route to 10.77.0.40');
  });

  it('names the other cluster', () => {
    const clusters = [{ name: 'monday', subnet: '10.77.0.128/25' }];
    expect(rangeInUse(spec, { ...idle, clusters })).to.equal('the cluster monday (10.77.0.128/25)');
  });

  it("does not take what the cluster itself left for somebody else's", () => {
    const own: Machine = {
      links: [{ ifname: 'pv-demo', addr_info: [{ family: 'inet', local: '10.77.0.1', prefixlen: 24 }] }],
      routes: [
        { dst: '10.77.0.0/24', dev: 'pv-demo' },
        { dst: '10.77.0.0/24', type: 'blackhole' },
        { dst: '10.77.0.255', dev: 'pv-demo', type: 'broadcast', table: 'local' },
      ],
      clusters: [{ name: 'demo', subnet: '10.77.0.0/24' }],
    };
    expect(rangeInUse(spec, own)).to.equal(undefined);
    expect(rangeInUse({ ...spec, name: 'other' }, own)).to.equal('the cluster demo (10.77.0.0/24)');
  });
});
