import { emitPattern, javascript } from './emit.js';
import { parsePattern } from './parse.js';
import { PatternError } from './syntax.js';

export { PatternError } from './syntax.js';

/** A regular expression as Python's `re` understands it, which is what Ansible's users write. */
export interface PythonPattern {
  test(text: string): boolean;
  /** the first place where it matches */
  search(text: string): PythonMatch | undefined;
  /** whether the text begins with what it matches (Python's `match`) */
  matchesStart(text: string): boolean;
  /** all that it matches, one behind the other, replaced by a template of Python's. @throws PatternError */
  replace(text: string, template: string): string;
}

export interface PythonMatch {
  readonly start: number;
  readonly text: string;
  /** what a group holds, by its number or name; undefined where it was not found. @throws PatternError for a group that is not there */
  group(key: number | string): string | undefined;
}

export interface PatternOptions {
  /** `^` and `$` at every line, as with `(?m)` */
  readonly multiline?: boolean;
}

/**
 * Compile it for texts of Unicode: `\w` and the like know all letters, `.` is a character. What other languages take for something else
 * (`[]a]`, `{,3}`, `\Z`, `$` before a last line break) means what it means in Python.
 * @throws PatternError where Python refuses it, and for the little that cannot be said in JavaScript
 */
export function compilePattern(source: string, { multiline = false }: PatternOptions = {}): PythonPattern {
  const pattern = parsePattern(source, multiline);
  const { source: emitted, groups, uncertain, ignoreCase } = emitPattern(pattern, javascript);
  const flags = ignoreCase ? 'iu' : 'u';
  const atStart = new RegExp(emitted, `${flags}y`);
  const all = new RegExp(emitted, `${flags}g`);
  const find = (text: string, from = 0): RegExpExecArray | undefined => {
    all.lastIndex = from;
    let found = all.exec(text);
    // V8 finds some things that take no character in the midst of one: /(?!(1?)\1)/u in '😀'.
    while (found && isWithinPair(text, found.index)) {
      all.lastIndex = found.index + 1;
      found = all.exec(text);
    }
    return found ?? undefined;
  };
  const toMatch = (found: RegExpExecArray): PythonMatch => ({
    start: found.index,
    text: found[0],
    group(key) {
      const number = typeof key === 'number' ? key : pattern.names.get(key);
      if (number === undefined) throw new PatternError(`unknown group name '${key}'`);
      if (number === 0) return found[0];
      if (number > pattern.groups) throw new PatternError(`invalid group reference ${number}`);
      if (uncertain.has(number))
        throw new PatternError(
          `group ${key} stands in a repetition that need not find it each time: what it holds is not supported`,
        );
      return found[groups[number]!];
    },
  });
  return {
    test: (text) => find(text) !== undefined,
    search(text) {
      const found = find(text);
      return found && toMatch(found);
    },
    matchesStart(text) {
      atStart.lastIndex = 0;
      return atStart.test(text);
    },
    replace(text, template) {
      const pieces: string[] = [];
      let at = 0;
      let next = 0;
      while (next <= text.length) {
        const found = find(text, next);
        if (!found) break;
        const end = found.index + found[0].length;
        pieces.push(text.slice(at, found.index), expandTemplate(template, toMatch(found)));
        at = end;
        next = found[0] === '' ? end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1) : end;
      }
      return pieces.join('') + text.slice(at);
    },
  };
}

function isWithinPair(text: string, index: number): boolean {
  return index > 0 && (text.codePointAt(index - 1) ?? 0) > 0xffff;
}

const ESCAPED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/**
 * Python's template of a replacement: `\1`, `\g<1>`, `\g<name>`, `\n`, octal numbers. A group that was not found is empty.
 * @throws PatternError for a group that is not there, and for an escape that Python refuses
 */
export function expandTemplate(template: string, match: PythonMatch): string {
  return template.replace(
    /\\(?:g<([^>]*)>|(0[0-7]{0,2})|([1-3][0-7]{2}|[4-7][0-7]{2})|([1-9][0-9]?)|([^])|$)/g,
    (
      token,
      name: string | undefined,
      zero: string | undefined,
      octal: string | undefined,
      group: string | undefined,
      char: string | undefined,
    ) => {
      if (name !== undefined) return match.group(keyOf(name)) ?? '';
      if (zero !== undefined) return String.fromCodePoint(parseInt(zero, 8));
      if (octal !== undefined) {
        const code = parseInt(octal, 8);
        if (code > 0o377) throw new PatternError(`octal escape value ${token} outside of range 0-0o377`);
        return String.fromCodePoint(code);
      }
      if (group !== undefined) return match.group(Number(group)) ?? '';
      if (char === undefined) throw new PatternError('bad escape (end of pattern)');
      if (Object.hasOwn(ESCAPED, char)) return ESCAPED[char]!;
      if (char === 'g') throw new PatternError('missing <: a group is \\g<name>');
      if (/[A-Za-z]/.test(char)) throw new PatternError(`bad escape ${token}`);
      return token;
    },
  );
}

function keyOf(name: string): number | string {
  if (/^[0-9]+$/.test(name)) return Number(name);
  if (/^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(name)) return name;
  throw new PatternError(name === '' ? 'missing group name' : `bad character in group name '${name}'`);
}
