import { expect } from 'chai';
import fc from 'fast-check';
import { bridgeName, cableName, macAddress, namespaceName, tableName } from '../../src/cluster/names.js';

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/);

describe('cluster names', () => {
  it('fit into what the kernel takes for an interface', () => {
    fc.assert(
      fc.property(name, name, (cluster, host) => {
        expect(bridgeName(cluster).length).to.be.at.most(15);
        expect(bridgeName(cluster)).to.match(/^pv-/);
        expect(cableName(cluster, host).length).to.be.at.most(15);
        expect(tableName(cluster)).to.match(/^[a-z0-9_]+$/);
      }),
    );
  });

  it('tell clusters and hosts apart', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other);
        expect(bridgeName(one)).to.not.equal(bridgeName(other));
        expect(tableName(one)).to.not.equal(tableName(other));
        expect(cableName('demo', one)).to.not.equal(cableName('demo', other));
        expect(cableName(one, 'web1')).to.not.equal(cableName(other, 'web1'));
      }),
    );
  });

  it('keep long clusters apart that begin alike', () => {
    expect(bridgeName('rehearsal-of-monday')).to.not.equal(bridgeName('rehearsal-of-tuesday'));
  });

  it('stay the same from run to run', () => {
    expect(bridgeName('demo')).to.equal('pv-demo');
    expect(namespaceName('demo', 'web1')).to.equal('pv-demo-web1');
    expect(macAddress('demo', 'web1')).to.equal(macAddress('demo', 'web1'));
  });

  it('give locally administered unicast MAC addresses', () => {
    fc.assert(
      fc.property(name, (host) => {
        const mac = macAddress('demo', host);
        expect(mac).to.match(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
        expect(parseInt(mac.slice(0, 2), 16) & 0b11).to.equal(0b10);
      }),
    );
  });
});
