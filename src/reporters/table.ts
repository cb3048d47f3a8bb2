import { Text, type Part } from './text.js';

/** Two blanks between columns, as in the lists of other tools. */
const GAP = '  ';

/**
 * Rows as lines, in columns without a frame. Cells may be coloured.
 * @param right which columns are numbers: they end at the same place
 */
export function tableLines(
  rows: readonly (readonly Part[])[],
  right: (column: number) => boolean = () => false,
): Text[] {
  const cells = rows.map((row) => row.map(Text.of));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.width ?? 0)),
  );
  return cells.map((row) =>
    Text.joined(
      row.map((cell, column) => {
        const room = ' '.repeat(widths[column]! - cell.width);
        return Text.joined(right(column) ? [room, cell] : [cell, room]);
      }),
      GAP,
    ).trimEnd(),
  );
}
