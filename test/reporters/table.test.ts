import { expect } from 'chai';
import { createPalette } from '../../src/reporters/palette.js';
import { tableLines } from '../../src/reporters/table.js';

const { green, red } = createPalette(true, {});

describe('a table', () => {
  it('has columns as wide as what is in them, whatever its colour', () => {
    const rows = [
      ['host', 'ok', 'what'],
      [green('web1'), '5', ''],
      ['database', red('120'), 'x'],
    ];
    expect(tableLines(rows, (column) => column === 1).map(String)).to.deep.equal([
      'host       ok  what',
      '\u001b[32mweb1\u001b[39m        5',
      'database  \u001b[31m120\u001b[39m  x',
    ]);
  });

  it('counts the columns of a terminal, not characters', () => {
    expect(
      tableLines([
        ['日本', 'a'],
        ['x', 'b'],
      ]).map(String),
    ).to.deep.equal(['日本  a', 'x     b']);
  });

  it('may have no rows', () => {
    expect(tableLines([])).to.deep.equal([]);
  });
});
