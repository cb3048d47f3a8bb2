import { stripVTControlCharacters } from 'node:util';
import { eastAsianWidth } from 'get-east-asian-width';

/** Two blanks between columns, as in the lists of other tools. */
const GAP = '  ';

/**
 * Rows as lines, in columns without a frame. Cells may be coloured.
 * @param right which columns are numbers: they end at the same place
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  right: (column: number) => boolean = () => false,
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const room = ' '.repeat(widths[column]! - widthOf(cell));
        return right(column) ? `${room}${cell}` : `${cell}${room}`;
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** Columns of a terminal. */
function widthOf(cell: string): number {
  // The pattern of all control sequences takes longer than a table without any.
  const text = cell.includes('\u001b') ? stripVTControlCharacters(cell) : cell;
  if (!/[^ -~]/.test(text)) return text.length;
  return [...text].reduce((sum, character) => sum + eastAsianWidth(character.codePointAt(0)!), 0);
}
