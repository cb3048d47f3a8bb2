/** A text's lines, each with its line end (the last may have none), so that joining them gives the text. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** A line without its line end. */
export function bareLine(line: string): string {
  return line.replace(/\r?\n$/, '');
}

/** Whether one of the lines, without its line end, is this one. A text is looked through for many lines, so it is not split. */
export function hasLine(text: string, line: string): boolean {
  for (let at = text.indexOf(line); at >= 0 && at < text.length; at = text.indexOf(line, at + 1)) {
    if ((at === 0 || text[at - 1] === '\n') && endsAt(text, at + line.length, line)) return true;
  }
  return false;
}

function endsAt(text: string, end: number, line: string): boolean {
  if (line.includes('\n')) return false;
  if (end === text.length || text.startsWith('\r\n', end)) return true;
  // A carriage return before a line end belongs to that.
  return text[end] === '\n' && !line.endsWith('\r');
}

/** Insert lines before the one at `index`, the line before them ended if it was the last and had no end. */
export function insertLines(lines: readonly string[], index: number, inserted: readonly string[]): string[] {
  const before = lines.slice(0, index);
  const last = before.at(-1);
  if (last !== undefined && !last.endsWith('\n')) before[before.length - 1] = `${last}\n`;
  return [...before, ...inserted.map((line) => `${line}\n`), ...lines.slice(index)];
}
