/** A word of a line and where it starts, from 1. */
export interface Word {
  readonly text: string;
  readonly col: number;
}

/**
 * Split a line into words as Python's shlex does in its POSIX mode with comments: quotes hold words together, a backslash
 * takes the next character as it is, `#` starts a comment wherever it stands outside of quotes.
 */
export function splitWords(
  line: string,
): { readonly words: Word[] } | { readonly open: number; readonly quote: string } {
  const words: Word[] = [];
  let word: { text: string; col: number } | undefined;
  let quote: { char: string; col: number } | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at]!;
    if (quote) {
      if (char === quote.char) quote = undefined;
      else if (char === '\\' && quote.char === '"' && /["\\]/.test(line[at + 1] ?? ''))
        word!.text += line[(at += 1)];
      else word!.text += char;
    } else if (/\s/.test(char)) {
      if (word) words.push(word);
      word = undefined;
    } else if (char === '#') break;
    else {
      word ??= { text: '', col: at + 1 };
      if (char === '"' || char === "'") quote = { char, col: at + 1 };
      else if (char === '\\') {
        if (at + 1 >= line.length) return { open: at + 1, quote: '\\' };
        word.text += line[(at += 1)];
      } else word.text += char;
    }
  }
  if (quote) return { open: quote.col, quote: quote.char };
  if (word) words.push(word);
  return { words };
}
