import { expect } from 'chai';
import fc from 'fast-check';
import { createGroups } from '../../src/reporters/groups.js';

describe('groups of what hosts have alike', () => {
  it('hold the hosts that said the same, in the order in which it was said', () => {
    const groups = createGroups<string>();
    for (const [host, said] of [
      ['web1', 'a'],
      ['web1', 'b'],
      ['web1', 'c'],
      ['web2', 'a'],
      ['web2', 'x'],
      ['web2', 'c'],
    ] as const)
      groups.add(host, { key: said, subject: said === 'x' ? 'b' : said, value: said });
    const taken = groups.take(['web2', 'web1']);
    expect(taken.map(({ hosts, value }) => [value, ...hosts])).to.deep.equal([
      ['a', 'web2', 'web1'],
      ['x', 'web2'],
      ['b', 'web1'],
      ['c', 'web2', 'web1'],
    ]);
    expect(groups.take(['web2', 'web1'])).to.deep.equal([]);
  });

  it('keep every word and every host’s own order', () => {
    const said = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', '3', '4')));
    fc.assert(
      fc.property(said, (words) => {
        const groups = createGroups<string>();
        for (const [host, word] of words)
          groups.add(host, { key: word, subject: Number(word) > 2 ? 'high' : 'low', value: word });
        const taken = groups.take(['a', 'b', 'c']);
        for (const host of ['a', 'b', 'c']) {
          const own = taken.filter(({ hosts }) => hosts.includes(host)).map(({ value }) => value);
          expect(own).to.deep.equal(words.filter(([one]) => one === host).map(([, word]) => word));
        }
      }),
    );
  });
});
