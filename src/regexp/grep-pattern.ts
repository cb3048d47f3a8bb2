import { emitPattern, javascript, type Dialect } from './emit.js';
import { parsePattern } from './parse.js';

/**
 * A regular expression of Python's, with `^` and `$` at every line, in the language of `LC_ALL=C.UTF-8 grep -Pz`, which takes a text without
 * NUL characters as a whole. One line.
 * @throws PatternError
 */
export function toGrepPattern(source: string): string {
  const { source: emitted, ignoreCase } = emitPattern(parsePattern(source, true), perl);
  return ignoreCase ? `(?i)${emitted}` : emitted;
}

const perl: Dialect = {
  char: (code) => javascript.char(code).replace('\\u', '\\x'),
  any: '(?s:.)',
  start: '\\A',
  end: '\\z',
  atomic: (body) => `(?>${body})`,
};
