import { SHORTEST, addForms, createFormIndex, type Edges, type FormIndex, type Range } from './find-forms.js';
import { formsOf } from './secret-forms.js';
import { joinLines } from './join-lines.js';

/** The values that must not be shown. */
export interface Secrets {
  /**
   * A value of fewer than four characters is taken out only where it stands as a value (`pin=42`, `"pin": "42"`, a line of its own):
   * taking "a" or "10" out of every text would hide all and protect nothing.
   */
  add(value: string): void;
  /** What may make secrets known, and costs too much to be done before a text is to be shown. */
  later(work: () => void): void;
  /**
   * The text with every known secret, and its common encodings, replaced. So is the rest of one that was cut off: what stands before
   * or behind the dots of a cut. Of a secret of several lines each line counts, so that a stream can be redacted line by line.
   */
  redact(text: string): string;
  /** The same of a line of a stream whose other lines are not at hand: an encoding may have begun before it or go on behind it. */
  redactLine(line: string): string;
  /** The same with something of one's own in the place of each. */
  replace(text: string, instead: (secret: string) => string): string;
  readonly values: ReadonlySet<string>;
}

/** What stands in the place of a secret. */
export const REDACTED = '********';

/** Characters of a text, and number of texts, of which is kept what they are without secrets. */
const LONGEST_KEPT = 200;
const MOST_KEPT = 2000;

const CLOSED: Edges = { openStart: false, openEnd: false };
const OPEN: Edges = { openStart: true, openEnd: true };

/** An empty collection of secrets for one run. */
export function createSecrets(): Secrets {
  const values = new Set<string>();
  const known = new Set<string>();
  const index = createFormIndex();
  const wrapping = createFormIndex();
  const words = createWords();
  const awaited: (() => void)[] = [];
  const isNothing = (text: string): boolean => {
    for (let work = awaited.shift(); work; work = awaited.shift()) work();
    return values.size === 0 || text === '';
  };

  const replace = (text: string, instead: (secret: string) => string, ranges = rangesIn(text)): string => {
    const long = ranges.length === 0 ? text : replaceRanges(text, merged(ranges), instead);
    return words.replace(long, instead);
  };
  const rangesIn = (text: string): Range[] => {
    const found = index.find(text, CLOSED);
    if (wrapping.size > 0 && (text.includes('\n') || text.includes('\\')))
      found.push(...acrossLines(text, wrapping));
    return found;
  };
  // Names, states and messages are the same for many tasks and hosts.
  const done = new Map<string, string>();
  const redact = (text: string): string => {
    if (isNothing(text)) return text;
    let redacted = done.get(text);
    if (redacted !== undefined) return redacted;
    redacted = replace(text, () => REDACTED);
    if (text.length <= LONGEST_KEPT) {
      if (done.size >= MOST_KEPT) done.clear();
      done.set(text, redacted);
    }
    return redacted;
  };
  return {
    values,
    later: (work) => void awaited.push(work),
    redact,
    redactLine(line) {
      if (isNothing(line)) return line;
      if (isWrappedPiece(line) && wrapping.holds(line.trim())) return REDACTED;
      const pairs = SPACED_PAIRS.exec(line)?.[1];
      if (pairs !== undefined && wrapping.holds(pairs)) return line.replace(pairs, () => REDACTED);
      return replace(line, () => REDACTED, [...index.find(line, CLOSED), ...wrapping.find(line, OPEN)]);
    },
    replace: (text, instead) => (isNothing(text) ? text : replace(text, instead)),
    add(value) {
      if (value.trim() === '' || values.has(value)) return;
      values.add(value);
      done.clear();
      for (const short of [value, value.trim()]) if (short.length < SHORTEST) words.add(short);
      addForms(formsOf(value), index, wrapping, known);
    },
  };
}

/** Encodings that were broken into lines. */
function acrossLines(text: string, wrapping: FormIndex): Range[] {
  const joined = joinLines(text);
  if (joined === undefined) return [];
  return wrapping
    .find(joined.text, CLOSED)
    .map(([start, end]): Range => [joined.at(start), joined.at(end - 1) + 1]);
}

/** A line in the midst of what base64(1) or xxd(1) prints. */
function isWrappedPiece(line: string): boolean {
  return /^\s*[A-Za-z0-9+/=_:-]{16,}\s*$/.test(line);
}

/** A line in the midst of what od(1) or hexdump(1) prints, with or without what goes before and behind. */
const SPACED_PAIRS = /^[0-9a-f]*\s+([0-9a-f]{2}(?: [0-9a-f]{2}){3,})\b/i;

/** In order, those that overlap as one. */
function merged(ranges: readonly Range[]): Range[] {
  const all: [number, number][] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const last = all.at(-1);
    if (last && start < last[1]) last[1] = Math.max(last[1], end);
    else all.push([start, end]);
  }
  return all;
}

function replaceRanges(text: string, ranges: readonly Range[], instead: (secret: string) => string): string {
  const pieces: string[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    pieces.push(text.slice(at, start), instead(text.slice(start, end)));
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}

interface Words {
  add(word: string): void;
  replace(text: string, instead: (word: string) => string): string;
}

/** Secrets that are too short to be looked for everywhere. */
function createWords(): Words {
  const words = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    add(word) {
      words.add(word);
      pattern = undefined;
    },
    replace(text, instead) {
      if (words.size === 0) return text;
      pattern ??= patternOf(words);
      return text.replace(pattern, (word) => instead(word));
    },
  };
}

/** Behind `=`, `:`, a quotation mark, or as a whole line. */
function patternOf(words: ReadonlySet<string>): RegExp {
  const any = [...words]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&'))
    .join('|');
  return new RegExp(`(?<=[=:"'\`]|[=:] )(?:${any})(?![A-Za-z0-9_])|^[ \\t]*(?:${any})[ \\t]*$`, 'gm');
}
