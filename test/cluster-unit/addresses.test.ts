import { expect } from 'chai';
import fc from 'fast-check';
import {
  contains,
  firstFree,
  formatSubnet,
  isAddress,
  isUsable,
  overlap,
  parseSubnet,
} from '../../src/cluster/addresses.js';

const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'));

describe('cluster addresses', () => {
  it('clears the host bits of a range', () => {
    expect(parseSubnet('10.77.0.21/24')).to.deep.equal({ address: '10.77.0.0', prefix: 24 });
    expect(parseSubnet('10.77.0.21')).to.deep.equal({ address: '10.77.0.21', prefix: 32 });
  });

  it('refuses what is not a range of four decimal parts', () => {
    for (const text of ['', 'default', '10.77/16', '10.77.0.0/33', '300.1.1.1', '::1/64', '10.77.0.0/x']) {
      expect(parseSubnet(text), text).to.equal(undefined);
    }
    expect(isAddress('10.77.0.1')).to.equal(true);
    expect(isAddress('10.77')).to.equal(false);
    expect(isAddress('web1')).to.equal(false);
  });

  it('prints what it parsed', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), (text, prefix) => {
        const subnet = parseSubnet(`${text}/${prefix}`)!;
        expect(parseSubnet(formatSubnet(subnet))).to.deep.equal(subnet);
        expect(contains(subnet, text)).to.equal(true);
      }),
    );
  });

  it('two ranges overlap exactly when one holds the first address of the other', () => {
    fc.assert(
      fc.property(
        address,
        address,
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 1, max: 32 }),
        (a, b, m, n) => {
          const [one, other] = [parseSubnet(`${a}/${m}`)!, parseSubnet(`${b}/${n}`)!];
          const expected = contains(one, other.address) || contains(other, one.address);
          expect(overlap(one, other)).to.equal(expected);
          expect(overlap(other, one)).to.equal(expected);
        },
      ),
    );
  });

  it('takes the first address that nobody has', () => {
    const subnet = parseSubnet('10.77.0.0/29')!;
    expect(firstFree(subnet, new Set())).to.equal('10.77.0.1');
    expect(firstFree(subnet, new Set(['10.77.0.1', '10.77.0.2']))).to.equal('10.77.0.3');
    expect(firstFree(subnet, new Set([1, 2, 3, 4, 5, 6].map((last) => `10.77.0.${last}`)))).to.equal(
      undefined,
    );
  });

  it('gives neither the network nor the broadcast address to a machine', () => {
    const subnet = parseSubnet('10.77.0.0/24')!;
    expect(isUsable(subnet, '10.77.0.0')).to.equal(false);
    expect(isUsable(subnet, '10.77.0.255')).to.equal(false);
    expect(isUsable(subnet, '10.77.0.1')).to.equal(true);
    expect(isUsable(subnet, '10.77.1.1')).to.equal(false);
  });
});
