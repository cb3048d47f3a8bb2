import { expect } from 'chai';
import fc from 'fast-check';
import { expandHosts } from '../../src/inventory/range.js';

const names = (entry: string): readonly string[] => expandHosts(entry).names;

describe('expandHosts', () => {
  it('expands numbers, letters, steps and several ranges', () => {
    expect(names('web[1:3]')).to.deep.equal(['web1', 'web2', 'web3']);
    expect(names('web[08:10].x')).to.deep.equal(['web08.x', 'web09.x', 'web10.x']);
    expect(names('db-[a:e:2]')).to.deep.equal(['db-a', 'db-c', 'db-e']);
    expect(names('[1:2]r[a:b]')).to.deep.equal(['1ra', '1rb', '2ra', '2rb']);
    expect(names('x[:2]')).to.deep.equal(['x0', 'x1', 'x2']);
    expect(names('x[y:B]')).to.deep.equal(['xy', 'xz', 'xA', 'xB']);
  });
  it('reads ports', () => {
    expect(expandHosts('a:2222')).to.deep.equal({ names: ['a'], port: 2222 });
    expect(expandHosts('w[1:2]:22')).to.deep.equal({ names: ['w1', 'w2'], port: 22 });
    expect(expandHosts('[fd00::1]:2222')).to.deep.equal({ names: ['fd00::1'], port: 2222 });
    expect(expandHosts('fd00::1')).to.deep.equal({ names: ['fd00::1'], port: undefined });
    expect(expandHosts('10.0.0.1')).to.deep.equal({ names: ['10.0.0.1'], port: undefined });
  });
  it('refuses what is no entry', () => {
    for (const entry of [
      '',
      'a b',
      'a,b',
      'a[1]',
      'a[1:2:3:4]',
      'a[2:1]',
      'a[01:9]',
      'a[1:]',
      'a[a:9]',
      'a[1:5:0]',
      'a:',
      'a:x',
      'a:0',
      'a]',
      'a[1:2',
      'a[1:99999999]',
      '---',
    ]) {
      expect(() => names(entry), entry).to.throw();
    }
  });
  it('gives as many names as the ends say, all of one width (property)', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), fc.integer({ min: 1, max: 9 }), (from, more, step) => {
        const width = 5;
        const pad = (value: number): string => String(value).padStart(width, '0');
        const made = names(`h[${pad(from)}:${pad(from + more)}:${step}]`);
        expect(made).to.have.length(Math.floor(more / step) + 1);
        expect(made.every((name) => name.length === width + 1)).to.equal(true);
        expect(made[0]).to.equal(`h${pad(from)}`);
      }),
    );
  });
});
