import { expect } from 'chai';
import type { HostRecap } from '../../src/events.js';
import { createPalette } from '../../src/reporters/palette.js';
import { recapTable } from '../../src/reporters/recap.js';

const HOST: HostRecap = {
  host: 'web1',
  ok: 3,
  changed: 0,
  mayChange: 0,
  failed: 0,
  skipped: 0,
  unreachable: false,
  checksPassed: 2,
  checksFailed: 0,
  roundTrips: 1,
  ms: 10,
};

describe('the colour of a host in the recap', () => {
  const palette = createPalette(true, { FORCE_COLOR: '1', TERM: 'xterm' });
  const cases: [string, Partial<HostRecap>, 'green' | 'yellow' | 'red'][] = [
    ['all is well', {}, 'green'],
    ['something changed', { changed: 1 }, 'yellow'],
    ['something may change', { mayChange: 1 }, 'yellow'],
    ['a check does not hold', { checksFailed: 1 }, 'red'],
    ['a check does not hold after a change', { changed: 1, checksFailed: 1 }, 'red'],
    ['a task failed', { failed: 1, changed: 1 }, 'red'],
    ['it was not reached', { unreachable: true }, 'red'],
  ];
  for (const [what, more, colour] of cases)
    it(`${what}: ${colour}`, () => {
      const lines = recapTable({ hosts: [{ ...HOST, ...more }], ms: 10 }, palette, {
        roundTrips: false,
        dryRun: false,
      }).map(String);
      expect(lines[1]).to.include(palette[colour]('web1').toString());
      expect(palette.red('x').toString()).to.not.equal(palette.green('x').toString());
    });
});
