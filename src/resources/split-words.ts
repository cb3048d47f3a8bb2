/**
 * Split a command line into words as sh does, without a shell: quotes and backslashes count, nothing is expanded.
 * @throws SyntaxError when a quote is not closed or the text ends in a backslash
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let rest = line;
  while (rest !== '') {
    const blank = /^[ \t\r\n]+/.exec(rest);
    if (blank) {
      if (word !== undefined) words.push(word);
      word = undefined;
      rest = rest.slice(blank[0].length);
      continue;
    }
    const piece = takePiece(rest);
    if (piece.text !== undefined) word = (word ?? '') + piece.text;
    rest = rest.slice(piece.length);
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The next part of a word. `text` is undefined where a line is continued: that alone makes no word. */
function takePiece(rest: string): { text: string | undefined; length: number } {
  const first = rest[0];
  if (first === "'") {
    const end = rest.indexOf("'", 1);
    if (end < 0) throw new SyntaxError("a ' is not closed");
    return { text: rest.slice(1, end), length: end + 1 };
  }
  if (first === '"') {
    const quoted = /^"((?:[^"\\]|\\[^])*)"/.exec(rest);
    if (!quoted) throw new SyntaxError('a " is not closed');
    return { text: quoted[1]!.replace(/\\\n/g, '').replace(/\\([$`"\\])/g, '$1'), length: quoted[0].length };
  }
  if (first === '\\') {
    if (rest.length === 1) throw new SyntaxError('the last \\ has nothing to quote');
    const next = String.fromCodePoint(rest.codePointAt(1)!);
    return { text: next === '\n' ? undefined : next, length: 1 + next.length };
  }
  const plain = /^[^ \t\r\n'"\\]+/.exec(rest)![0];
  return { text: plain, length: plain.length };
}
