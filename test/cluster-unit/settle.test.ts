import { expect } from 'chai';
import { changedHosts, settle, withUids } from '../../src/cluster/settle.js';
import type { ClusterSpec, HostSpec } from '../../src/cluster/spec.js';
import { ClusterError } from '../../src/errors.js';

const web1: HostSpec = { name: 'web1', address: '10.77.0.21', user: 'admin', suite: undefined };
const spec: ClusterSpec = {
  name: 'demo',
  subnet: '10.77.0.0/24',
  gateway: '10.77.0.1',
  hosts: [web1],
  reserved: [],
};
const wish = { spec, suite: undefined, project: '/site' } as const;

describe('settle', () => {
  it('takes the command line, else what runs, else the inventory, else trixie', () => {
    const suiteOf = (...args: Parameters<typeof settle>) => settle(...args).spec.hosts[0]!.suite;
    const inventory: ClusterSpec = { ...spec, hosts: [{ ...web1, suite: 'bookworm' }] };
    const running = settle({ ...wish, suite: 'sid' }, undefined);
    expect(suiteOf(wish, undefined)).to.equal('trixie');
    expect(suiteOf({ ...wish, spec: inventory }, undefined)).to.equal('bookworm');
    expect(suiteOf({ ...wish, spec: inventory }, running)).to.equal('sid');
    expect(suiteOf({ ...wish, spec: inventory, suite: 'trixie' }, running)).to.equal('trixie');
  });

  it('refuses another project and another range under running hosts', () => {
    const running = settle(wish, undefined);
    expect(() => settle({ ...wish, project: '/copy' }, running)).to.throw(ClusterError, /belongs to \/site/);
    const moved: ClusterSpec = { ...spec, subnet: '10.78.0.0/24' };
    expect(() => settle({ ...wish, spec: moved }, running)).to.throw(ClusterError, /up in 10\.77\.0\.0\/24/);
  });

  it('keeps the images that disks stand on', () => {
    const running = { ...settle(wish, undefined), images: { trixie: '/images/trixie-1' } };
    expect(settle(wish, running).images).to.deep.equal({ trixie: '/images/trixie-1' });
  });
});

describe('changedHosts', () => {
  const running = settle(wish, undefined);
  const changed = (host: HostSpec) =>
    changedHosts(settle({ ...wish, spec: { ...spec, hosts: [host] } }, undefined), running);

  it('names hosts whose disk was made for something else', () => {
    expect(changed(web1)).to.deep.equal([]);
    expect(changed({ ...web1, address: '10.77.0.22' })).to.deep.equal(['web1']);
    expect(changed({ ...web1, user: 'deploy' })).to.deep.equal(['web1']);
    expect(changed({ ...web1, suite: 'sid' })).to.deep.equal(['web1']);
    expect(changed({ ...web1, name: 'web9' })).to.deep.equal([]);
  });
});

describe('withUids', () => {
  const hosts = (...names: string[]): ClusterSpec => ({
    ...spec,
    hosts: names.map((name) => ({ ...web1, name })),
  });
  const uidsOf = (state: ReturnType<typeof withUids>): number[] => state.spec.hosts.map(({ uids }) => uids!);

  it('gives every host ids of its own, above all that people and services have', () => {
    const names = Array.from({ length: 200 }, (_none, index) => `h${index}`);
    const uids = uidsOf(withUids(settle({ ...wish, spec: hosts(...names) }, undefined), []));
    expect(new Set(uids).size).to.equal(200);
    for (const uid of uids) {
      expect(uid % 65_536).to.equal(0);
      expect(uid).to.be.within(2 ** 30, 0x6fff_0000);
    }
  });

  it('keeps what a host has, and takes nothing that another cluster has', () => {
    const before = withUids(settle(wish, undefined), []);
    expect(uidsOf(withUids(settle(wish, before), []))).to.deep.equal(uidsOf(before));
    const others = { ...before, spec: { ...before.spec, name: 'other' } };
    const [first] = uidsOf(before);
    expect(uidsOf(withUids(settle(wish, undefined), [others]))).to.deep.equal([first! + 65_536]);
  });
});
