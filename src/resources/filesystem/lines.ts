/** A text's lines, each with its line end (the last may have none), so that joining them gives the text. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** A line without its line end. */
export function bareLine(line: string): string {
  return line.replace(/\r?\n$/, '');
}

/** Insert lines before the one at `index`, the line before them ended if it was the last and had no end. */
export function insertLines(lines: readonly string[], index: number, inserted: readonly string[]): string[] {
  const before = lines.slice(0, index);
  const last = before.at(-1);
  if (last !== undefined && !last.endsWith('\n')) before[before.length - 1] = `${last}\n`;
  return [...before, ...inserted.map((line) => `${line}\n`), ...lines.slice(index)];
}
