import { expect } from 'chai';
import fc from 'fast-check';
import { UsageError } from '../../src/errors.js';
import type { Inventory } from '../../src/inventory/model.js';
import { matchHosts } from '../../src/inventory/pattern.js';
import { loadFrom } from './support.js';

describe('matchHosts', () => {
  let inventory: Inventory;
  before(async () => {
    inventory = await loadFrom({
      hosts:
        'lone\nfd00::1\n[db]\ndb2\ndb1\n[web]\nweb[1:4]\ndb1\n[dc1]\nweb1\nweb3\ndb2\n[site:children]\nweb\ndb\n',
    });
  });
  const match = (pattern: string): string[] => matchHosts(pattern, inventory);

  // Agreed with `ansible PATTERN --list-hosts` of ansible-core 2.14.18, put into the order of the inventory.
  const cases: [string, string][] = [
    ['all', 'lone fd00::1 db2 db1 web1 web2 web3 web4'],
    ['*', 'lone fd00::1 db2 db1 web1 web2 web3 web4'],
    ['ungrouped', 'lone fd00::1'],
    ['web', 'db1 web1 web2 web3 web4'],
    ['site', 'db2 db1 web1 web2 web3 web4'],
    ['web1', 'web1'],
    ['web1,lone', 'lone web1'],
    ['db:web2', 'db2 db1 web2'],
    ['web:&dc1', 'web1 web3'],
    ['web:!dc1', 'db1 web2 web4'],
    ['!dc1:web', 'db1 web2 web4'],
    ['&dc1,web', 'web1 web3'],
    ['!web', 'lone fd00::1 db2'],
    ['web:&dc1:!web3', 'web1'],
    ['web*', 'db1 web1 web2 web3 web4'],
    ['web?', 'web1 web2 web3 web4'],
    ['web[12]*', 'web1 web2'],
    ['*1', 'fd00::1 db2 db1 web1 web3'],
    ['~web[24]', 'web2 web4'],
    ['~w[^b]b2', 'web2'],
    ['~(?i)WEB{,1}2$', 'web2'],
    ['~(web|db)2', 'db2 web2'],
    ['db[0]', 'db2'],
    ['db[-1]', 'db1'],
    ['web[1:2]', 'web2 web3'],
    ['web[2:]', 'db1 web3 web4'],
    ['web[0]:db[0]', 'db2 web1'],
    ['fd00::1', 'fd00::1'],
    ['web1, db1 ', 'db1 web1'],
    ['localhost', 'localhost'],
  ];
  for (const [pattern, expected] of cases) {
    it(`${pattern} → ${expected}`, () => expect(match(pattern).join(' ')).to.equal(expected));
  }

  it('reads parts from a file', () => {
    const readFile = (): string => '# failed last time\nweb1\ndb\n\n';
    expect(matchHosts('@retry', inventory, { readFile })).to.deep.equal(['db2', 'db1', 'web1']);
    expect(matchHosts('all:!@retry', inventory, { readFile })).to.deep.equal([
      'lone',
      'fd00::1',
      'web2',
      'web3',
      'web4',
    ]);
    expect(() => match('@/nowhere/at/all')).to.throw(UsageError, /cannot be read/);
  });

  it('refuses names that the inventory does not have', () => {
    for (const [pattern, message] of [
      ['wbe1', /no host or group matches "wbe1"/],
      ['webb', /did you mean "web"/],
      ['web:!lnoe', /"lnoe"/],
      ['nope*', /"nope\*"/],
      ['~nope', /"~nope"/],
      ['~(', /no valid regular expression/],
      ['db[5]', /has 2 hosts/],
      ['', /is empty/],
    ] as const) {
      expect(() => match(pattern), pattern).to.throw(UsageError, message);
    }
  });

  it('does set algebra, in the order of the inventory (property)', () => {
    const base = ['web', 'db', 'dc1', 'site', 'ungrouped', 'lone', 'web2'];
    const name = fc.constantFrom(...base);
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1 }),
        fc.array(name),
        fc.array(name),
        fc.constantFrom(':', ','),
        (plus, and, minus, by) => {
          const parts = [...plus, ...and.map((one) => `&${one}`), ...minus.map((one) => `!${one}`)];
          const expected = [...inventory.hosts.keys()].filter(
            (host) =>
              plus.some((one) => match(one).includes(host)) &&
              and.every((one) => match(one).includes(host)) &&
              !minus.some((one) => match(one).includes(host)),
          );
          expect(match(parts.join(by))).to.deep.equal(expected);
        },
      ),
    );
  });
});
