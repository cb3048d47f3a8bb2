import { othersOf } from './letter-case.js';
import {
  PatternError,
  widthOf,
  type CharSet,
  type Kind,
  type Node,
  type Pattern,
  type Width,
} from './syntax.js';

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly verbose: boolean;
  readonly ascii: boolean;
}

const NO_FLAGS: Flags = { ignoreCase: false, multiline: false, dotAll: false, verbose: false, ascii: false };

/**
 * Read a regular expression as Python's `re` (3.11) reads a text's.
 * @throws PatternError with Python's words, or for what has no counterpart here
 */
export function parsePattern(source: string, multiline: boolean): Pattern {
  const flags = { ...NO_FLAGS, multiline };
  try {
    return new Parser(source, flags).pattern();
  } catch (error) {
    // `(?x)` counts from the beginning on.
    if (error instanceof IsVerbose) return new Parser(source, { ...flags, verbose: true }).pattern();
    throw error;
  }
}

class IsVerbose extends Error {}

/** What stands for a character that is hard to write. */
const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };
const REPEATS = new Set(['*', '+', '?']);
const BLANK = /^[ \t\n\r\v\f]$/;
const LAST_CODE = 0x10ffff;

class Parser {
  /** characters, not halves of them */
  readonly #source: readonly string[];
  #at = 0;
  #global: Flags;
  #groups = 0;
  readonly #names = new Map<string, number>();
  /** of groups that are closed */
  readonly #widths = new Map<number, Width>();
  /** flags were set for a part of it */
  #isScoped = false;
  /** the first group in a lookbehind, inside of one */
  #lookbehind: number | undefined;

  constructor(source: string, flags: Flags) {
    this.#source = [...source];
    this.#global = flags;
  }

  pattern(): Pattern {
    const root = this.#choice(this.#global, 0);
    if (this.#at < this.#source.length) throw this.#error('unbalanced parenthesis');
    const { ignoreCase, ascii } = this.#global;
    return {
      root,
      groups: this.#groups,
      names: this.#names,
      ignoresCase: ignoreCase && !ascii && !this.#isScoped,
    };
  }

  #choice(flags: Flags, depth: number): Node {
    const branches: Node[] = [];
    do branches.push(this.#sequence(depth === 0 ? this.#global : flags, depth, branches.length === 0));
    while (this.#take('|'));
    return branches.length === 1 ? branches[0]! : { kind: 'choice', branches };
  }

  #sequence(given: Flags, depth: number, first: boolean): Node {
    let flags = given;
    const items: Node[] = [];
    for (;;) {
      const char = this.#source[this.#at];
      if (char === undefined || char === '|' || char === ')') break;
      if (flags.verbose && BLANK.test(char)) {
        this.#at += 1;
        continue;
      }
      if (flags.verbose && char === '#') {
        this.#skipComment();
        continue;
      }
      if (REPEATS.has(char) || char === '{') {
        this.#repeat(items, flags);
        continue;
      }
      if (char === '(') {
        const node = this.#group(flags, depth, first && depth === 0 && items.length === 0);
        if (node === 'flags') flags = this.#global;
        else if (node) items.push(node);
        continue;
      }
      items.push(this.#single(flags));
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  #skipComment(): void {
    while (this.#at < this.#source.length && this.#source[this.#at] !== '\n') this.#at += 1;
  }

  #repeat(items: Node[], flags: Flags): void {
    const start = this.#at;
    const bounds = this.#bounds();
    if (!bounds) {
      this.#at = start + 1;
      items.push(this.#literal('{', flags));
      return;
    }
    const [min, max] = bounds;
    const mode = this.#take('?') ? 'lazy' : this.#take('+') ? 'possessive' : 'greedy';
    const body = items.pop();
    if (!body || body.kind === 'anchor') throw this.#error('nothing to repeat', start);
    if (body.kind === 'repeat' && !this.#wrapped.has(body)) throw this.#error('multiple repeat', start);
    items.push({ kind: 'repeat', body, min, max, mode });
  }

  /** Repetitions in parentheses: these can be repeated. */
  readonly #wrapped = new WeakSet<Node>();

  #bounds(): readonly [number, number] | undefined {
    const char = this.#source[this.#at++];
    if (char === '*') return [0, Infinity];
    if (char === '+') return [1, Infinity];
    if (char === '?') return [0, 1];
    if (this.#source[this.#at] === '}') return undefined;
    const low = this.#digits();
    const high = this.#take(',') ? this.#digits() : low;
    if (!this.#take('}')) return undefined;
    const [min, max] = [low === '' ? 0 : Number(low), high === '' ? Infinity : Number(high)];
    if (min >= 0xffffffff || (max !== Infinity && max >= 0xffffffff))
      throw this.#error('the repetition number is too large');
    if (max < min) throw this.#error('min repeat greater than max repeat');
    return [min, max];
  }

  #digits(): string {
    let digits = '';
    while (/^[0-9]$/.test(this.#source[this.#at] ?? '')) digits += this.#source[this.#at++]!;
    return digits;
  }

  #single(flags: Flags): Node {
    const char = this.#source[this.#at++]!;
    switch (char) {
      case '.':
        return setOf({
          negated: true,
          ranges: flags.dotAll ? [] : [[10, 10]],
          kinds: [],
          ascii: flags.ascii,
        });
      case '^':
        return anchor(flags.multiline ? 'line-start' : 'start', flags);
      case '$':
        return anchor(flags.multiline ? 'line-end' : 'last-line-end', flags);
      case '[':
        return this.#set(flags);
      case '\\':
        return this.#escape(flags);
      default:
        return this.#literal(char, flags);
    }
  }

  #literal(char: string, flags: Flags): Node {
    const code = char.codePointAt(0)!;
    return setOf(charSet([[code, code]], [], false, flags));
  }

  #set(flags: Flags): Node {
    const start = this.#at - 1;
    const negated = this.#take('^');
    const ranges: [number, number][] = [];
    const kinds: Kind[] = [];
    for (let first = true; ; first = false) {
      if (!first && this.#take(']')) break;
      const low = this.#member(start);
      if (!this.#take('-')) {
        if (typeof low === 'number') ranges.push([low, low]);
        else kinds.push(low);
        continue;
      }
      if (this.#source[this.#at] === ']') {
        this.#at += 1;
        if (typeof low === 'number') ranges.push([low, low]);
        else kinds.push(low);
        ranges.push([0x2d, 0x2d]);
        break;
      }
      const high = this.#member(start);
      if (typeof low !== 'number' || typeof high !== 'number' || high < low)
        throw this.#error('bad character range', start);
      ranges.push([low, high]);
    }
    return setOf(charSet(ranges, kinds, negated, flags));
  }

  /** A character of a set, or a kind of them. */
  #member(start: number): number | Kind {
    const char = this.#source[this.#at++];
    if (char === undefined) throw this.#error('unterminated character set', start);
    if (char !== '\\') return char.codePointAt(0)!;
    const escaped = this.#source[this.#at++];
    if (escaped === undefined) throw this.#error('bad escape (end of pattern)');
    if (Object.hasOwn(ESCAPES, escaped)) return ESCAPES[escaped]!;
    if (/^[dDsSwW]$/.test(escaped)) return escaped as Kind;
    if (/^[xuUN]$/.test(escaped)) return this.#hex(escaped);
    if (/^[0-7]$/.test(escaped)) {
      let digits = escaped;
      while (digits.length < 3 && /^[0-7]$/.test(this.#source[this.#at] ?? ''))
        digits += this.#source[this.#at++]!;
      return this.#octal(digits);
    }
    if (/^[0-9A-Za-z]$/.test(escaped)) throw this.#error(`bad escape \\${escaped}`);
    return escaped.codePointAt(0)!;
  }

  #octal(digits: string): number {
    const code = parseInt(digits, 8);
    if (code > 0o377) throw this.#error(`octal escape value \\${digits} outside of range 0-0o377`);
    return code;
  }

  #hex(letter: string): number {
    if (letter === 'N')
      throw this.#error('\\N{…} is not supported: write the character itself, or \\u and its number');
    const length = { x: 2, u: 4, U: 8 }[letter]!;
    const digits = this.#source.slice(this.#at, this.#at + length).join('');
    if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits))
      throw this.#error(`incomplete escape \\${letter}${digits}`);
    this.#at += length;
    const code = parseInt(digits, 16);
    if (code > LAST_CODE) throw this.#error(`bad escape \\${letter}${digits}`);
    return code;
  }

  #escape(flags: Flags): Node {
    const char = this.#source[this.#at++];
    if (char === undefined) throw this.#error('bad escape (end of pattern)');
    if (char === 'A') return anchor('start', flags);
    if (char === 'Z') return anchor('end', flags);
    if (char === 'b') return anchor('boundary', flags);
    if (char === 'B') return anchor('no-boundary', flags);
    if (/^[dDsSwW]$/.test(char)) return setOf(charSet([], [char as Kind], false, flags));
    const literal = (code: number): Node => setOf(charSet([[code, code]], [], false, flags));
    if (Object.hasOwn(ESCAPES, char)) return literal(ESCAPES[char]!);
    if (/^[xuUN]$/.test(char)) return literal(this.#hex(char));
    if (/^[0-9]$/.test(char)) return this.#number(char, flags);
    if (/^[A-Za-z]$/.test(char)) throw this.#error(`bad escape \\${char}`);
    return this.#literal(char, flags);
  }

  /** A group's number, or a character's in octal. */
  #number(first: string, flags: Flags): Node {
    const next = (offset: number): string => this.#source[this.#at + offset] ?? '';
    const literal = (digits: string): Node => {
      this.#at += digits.length - 1;
      const code = this.#octal(digits);
      return setOf(charSet([[code, code]], [], false, flags));
    };
    if (first === '0') {
      const more = /^[0-7]{0,2}/.exec(next(0) + next(1))![0];
      return literal(first + more);
    }
    if (/^[0-9]$/.test(next(0))) {
      const three = first + next(0) + next(1);
      if (/^[0-7]{3}$/.test(three)) return literal(three);
    }
    const digits = /^[0-9]$/.test(next(0)) ? first + next(0) : first;
    this.#at += digits.length - 1;
    return this.#reference(Number(digits), digits, flags);
  }

  #reference(group: number, shown: string, flags: Flags): Node {
    if (group > this.#groups) throw this.#error(`invalid group reference ${shown}`);
    if (!this.#widths.has(group)) throw this.#error('cannot refer to an open group');
    if (this.#lookbehind !== undefined && group >= this.#lookbehind)
      throw this.#error('cannot refer to group defined in the same lookbehind subpattern');
    return { kind: 'reference', group, ignoreCase: flags.ignoreCase };
  }

  /** @returns nothing for a comment; `flags` where those of the whole expression have changed */
  #group(flags: Flags, depth: number, atStart: boolean): Node | 'flags' | undefined {
    const start = this.#at;
    this.#at += 1;
    if (!this.#take('?')) return this.#capture(undefined, flags, { depth, start });
    const char = this.#source[this.#at++];
    switch (char) {
      case undefined:
        throw this.#error('unexpected end of pattern');
      case 'P':
        return this.#named(flags, depth, start);
      case ':':
        return this.#inner(flags, depth, start);
      case '#': {
        while (this.#at < this.#source.length && this.#source[this.#at] !== ')') this.#at += 1;
        if (!this.#take(')')) throw this.#error('missing ), unterminated comment', start);
        return undefined;
      }
      case '=':
      case '!':
        return { kind: 'look', ahead: true, negated: char === '!', body: this.#inner(flags, depth, start) };
      case '<':
        return this.#behind(flags, depth, start);
      case '>':
        return { kind: 'atomic', body: this.#inner(flags, depth, start) };
      case '(':
        throw this.#error('(?(…)…|…), which asks whether a group was found, is not supported', start);
      default:
        this.#at -= 1;
        return this.#flagged(flags, { depth, start, atStart });
    }
  }

  /** What is in parentheses, up to the closing one. */
  #inner(flags: Flags, depth: number, start: number): Node {
    const body = this.#choice(flags, depth + 1);
    if (!this.#take(')')) throw this.#error('missing ), unterminated subpattern', start);
    if (body.kind === 'repeat') this.#wrapped.add(body);
    // Anchors in parentheses can be repeated.
    return body.kind === 'anchor' ? { kind: 'sequence', items: [body] } : body;
  }

  #capture(name: string | undefined, flags: Flags, { depth, start }: { depth: number; start: number }): Node {
    const group = (this.#groups += 1);
    if (name !== undefined) {
      const first = this.#names.get(name);
      if (first !== undefined)
        throw this.#error(
          `redefinition of group name '${name}' as group ${group}; was group ${first}`,
          start,
        );
      this.#names.set(name, group);
    }
    const body = this.#inner(flags, depth, start);
    this.#widths.set(group, widthOf(body, this.#widths));
    return { kind: 'capture', group, body };
  }

  /** Behind `(?P`. */
  #named(flags: Flags, depth: number, start: number): Node {
    if (this.#take('<')) return this.#capture(this.#name('>'), flags, { depth, start });
    if (!this.#take('=')) throw this.#error(`unknown extension ?P${this.#source[this.#at] ?? ''}`, start);
    const name = this.#name(')');
    const group = this.#names.get(name);
    if (group === undefined) throw this.#error(`unknown group name '${name}'`, start);
    return this.#reference(group, name, flags);
  }

  #name(closing: string): string {
    const start = this.#at;
    const end = this.#source.indexOf(closing, start);
    if (end < 0) throw this.#error(`missing ${closing}, unterminated name`);
    const name = this.#source.slice(start, end).join('');
    if (name === '') throw this.#error('missing group name');
    if (!/^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(name))
      throw this.#error(`bad character in group name '${name}'`);
    this.#at = end + 1;
    return name;
  }

  #behind(flags: Flags, depth: number, start: number): Node {
    const char = this.#source[this.#at++];
    if (char !== '=' && char !== '!') {
      const name = char !== undefined && /[\p{ID_Start}_]/u.test(char);
      throw this.#error(
        `unknown extension ?<${char ?? ''}${name ? '; a named group is (?P<name>…)' : ''}`,
        start,
      );
    }
    const outer = this.#lookbehind;
    this.#lookbehind ??= this.#groups + 1;
    const body = this.#inner(flags, depth, start);
    this.#lookbehind = outer;
    const [min, max] = widthOf(body, this.#widths);
    if (min !== max) throw this.#error('look-behind requires fixed-width pattern', start);
    return { kind: 'look', ahead: false, negated: char === '!', body };
  }

  /** `(?i)`, `(?i-s:…)` */
  #flagged(
    flags: Flags,
    { depth, start, atStart }: { depth: number; start: number; atStart: boolean },
  ): Node | 'flags' {
    const letters = this.#letters();
    const without = this.#take('-') ? this.#letters() : undefined;
    const closing = this.#source[this.#at++];
    if (closing !== ')' && closing !== ':')
      throw this.#error(
        closing === undefined ? 'missing -, : or )' : `unknown extension ?${letters}${closing}`,
        start,
      );
    if (letters.includes('L'))
      throw this.#error("bad inline flags: cannot use 'L' flag with a str pattern", start);
    if (letters.includes('a') && letters.includes('u'))
      throw this.#error("bad inline flags: flags 'a', 'u' and 'L' are incompatible", start);
    if (without !== undefined && (without === '' || /[auL]/.test(without)))
      throw this.#error('bad inline flags: missing flag, or one that cannot be turned off', start);
    if (closing === ')') {
      if (without !== undefined || letters === '')
        throw this.#error('missing flag, or : behind flags', start);
      if (!atStart) throw this.#error('global flags not at the start of the expression', start);
      if (letters.includes('x') && !this.#global.verbose) throw new IsVerbose();
      this.#global = withLetters(this.#global, letters, true);
      return 'flags';
    }
    if ([...(without ?? '')].some((letter) => letters.includes(letter)))
      throw this.#error('bad inline flags: flag turned on and off', start);
    this.#isScoped = true;
    const scoped = withLetters(withLetters(flags, letters, true), without ?? '', false);
    const body = this.#inner(scoped, depth, start);
    // Not one with what stands around it: it can be repeated.
    return body.kind === 'repeat' ? { kind: 'sequence', items: [body] } : body;
  }

  #letters(): string {
    let letters = '';
    while (/^[aiLmsux]$/.test(this.#source[this.#at] ?? '')) letters += this.#source[this.#at++]!;
    return letters;
  }

  #take(char: string): boolean {
    if (this.#source[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #error(message: string, at = this.#at): PatternError {
    return new PatternError(`${message} at position ${Math.min(at, this.#source.length)}`);
  }
}

function withLetters(flags: Flags, letters: string, on: boolean): Flags {
  const has = (letter: string): boolean => letters.includes(letter);
  return {
    ignoreCase: has('i') ? on : flags.ignoreCase,
    multiline: has('m') ? on : flags.multiline,
    dotAll: has('s') ? on : flags.dotAll,
    verbose: has('x') ? on : flags.verbose,
    ascii: has('a') ? on : has('u') ? false : flags.ascii,
  };
}

function setOf(set: CharSet): Node {
  return { kind: 'set', set };
}

function anchor(one: Extract<Node, { kind: 'anchor' }>['anchor'], { ascii }: Flags): Node {
  return { kind: 'anchor', anchor: one, ascii };
}

/** With what else is the same where the case does not count. */
function charSet(
  ranges: readonly (readonly [number, number])[],
  kinds: readonly Kind[],
  negated: boolean,
  { ignoreCase, ascii }: Flags,
): CharSet {
  if (!ignoreCase) return { negated, ranges, kinds, ascii };
  const others = ranges.flatMap(([from, to]) => othersOf(from, to, ascii));
  const more = [...new Set(others)].map((code): [number, number] => [code, code]);
  return { negated, ranges: [...ranges, ...more], kinds, ascii };
}
