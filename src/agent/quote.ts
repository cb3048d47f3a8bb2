import { TaskError } from '../errors.js';

/** A text as one word of sh. The only place that quotes. */
export function quote(text: string): string {
  if (text.includes('\0'))
    throw new TaskError('a text for the host holds a NUL byte', {
      hint: 'no path, name or argument can hold one',
    });
  return /^[A-Za-z0-9_/:=.,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Several words. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ');
}
