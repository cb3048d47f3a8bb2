import { createHash, getHashes } from 'node:crypto';
import path from 'node:path';
import ipaddr from 'ipaddr.js';
import { stringify } from 'yaml';
import { compilePattern } from '../regexp/python-regexp.js';

type Text = string | number | boolean;

/** What templates and expressions can call. All are pure: the same arguments give the same value. */
export const templateFunctions: Readonly<Record<string, (...args: never[]) => unknown>> = Object.freeze({
  quote,
  toYaml,
  toJson,
  basename: (file: string, suffix?: string): string => path.posix.basename(asText(file, 'basename'), suffix),
  dirname: (file: string): string => path.posix.dirname(asText(file, 'dirname')),
  b64encode: (text: Text): string => Buffer.from(asText(text, 'b64encode'), 'utf8').toString('base64'),
  b64decode: (text: string): string => Buffer.from(asText(text, 'b64decode'), 'base64').toString('utf8'),
  sha256: (text: Text): string => hash(text, 'sha256'),
  hash,
  regexReplace,
  regexTest,
  combine,
  unique,
  flatten,
  ipInSubnet,
});

/** One word of sh, whatever the text holds. */
function quote(text: Text): string {
  const word = asText(text, 'quote');
  if (word.includes('\0')) throw new Error('quote: a word of sh cannot hold a NUL character');
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** YAML without a line break at its end. `indent`: spaces before each line but the first. */
function toYaml(value: unknown, indent = 0): string {
  const text = stringify(notMissing(value, 'toYaml'), {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  return text.trimEnd().replaceAll(/\n(?=.)/g, `\n${' '.repeat(indent)}`);
}

/** JSON; with `indent` spread over lines. */
function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(notMissing(value, 'toJson'), null, indent);
}

/** A digest in hex. */
function hash(text: Text, algorithm = 'sha256'): string {
  if (!getHashes().includes(algorithm)) throw new Error(`hash: unknown algorithm "${algorithm}"`);
  return createHash(algorithm).update(asText(text, 'hash'), 'utf8').digest('hex');
}

/**
 * All matches of a pattern replaced; `$1` or `\1` in the replacement stands for a group. A pattern in a text is Python's, and so is the
 * replacement then.
 */
function regexReplace(text: Text, pattern: string | RegExp, replacement: string, flags = ''): string {
  const subject = asText(text, 'regexReplace');
  if (typeof pattern === 'string') {
    const template = replacement.replaceAll(/\$([$&\d])/g, (_, char: string) =>
      char === '$' ? '$' : `\\g<${char === '&' ? 0 : char}>`,
    );
    return compilePattern(withFlags(pattern, flags)).replace(subject, template);
  }
  const regex = pattern.flags.includes('g') ? pattern : new RegExp(pattern.source, `${pattern.flags}g`);
  return subject.replace(regex, replacement.replaceAll(/\\(\d)/g, '$$$1'));
}

/** Whether a pattern of Python's, or a RegExp, matches somewhere in a text; with the flag `y`: at its beginning. */
function regexTest(text: Text, pattern: string | RegExp, flags = ''): boolean {
  const subject = asText(text, 'regexTest');
  if (typeof pattern !== 'string')
    return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(subject);
  const compiled = compilePattern(withFlags(pattern, flags.replace('y', '')));
  return flags.includes('y') ? compiled.matchesStart(subject) : compiled.test(subject);
}

/** All are replaced, and characters are those of Unicode, without a flag for it. */
function withFlags(pattern: string, flags: string): string {
  const inline = flags.replace(/[gu]/g, '');
  return inline === '' ? pattern : `(?${inline})${pattern}`;
}

/** Maps merged into a new one, all levels deep; of two values for a key the later wins, lists included. */
function combine(...maps: unknown[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const map of maps) {
    if (!isMap(map)) throw new TypeError(`combine takes maps, not ${describe(map)}`);
    for (const [key, value] of Object.entries(map)) {
      const own = Object.hasOwn(result, key) ? result[key] : undefined;
      const merged = isMap(value) && isMap(own) ? combine(own, value) : value;
      Object.defineProperty(result, key, {
        value: merged,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
  }
  return result;
}

/** A list without repetitions, compared by value; the first of equals stays. */
function unique(list: readonly unknown[]): unknown[] {
  const seen = new Set<string>();
  return asList(list, 'unique').filter((item) => {
    const key = JSON.stringify(item) ?? 'undefined';
    return !seen.has(key) && seen.add(key);
  });
}

/** Lists in lists made one list; `levels` left out: all the way down. */
function flatten(list: readonly unknown[], levels = Infinity): unknown[] {
  return asList(list, 'flatten').flat(levels as 1);
}

/** Is an address within a network (`10.0.0.0/8`, `fd00::/8`)? An address of the other family is not. */
function ipInSubnet(address: string, network: string): boolean {
  const ip = parse('address', () => ipaddr.parse(address), address);
  const [base, bits] = parse('network', () => ipaddr.parseCIDR(network), network);
  return ip.kind() === base.kind() && ip.match(base, bits);
}

function parse<T>(what: string, read: () => T, text: unknown): T {
  try {
    return read();
  } catch {
    throw new Error(`ipInSubnet: "${String(text)}" is no ${what}`);
  }
}

function asText(value: unknown, name: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new TypeError(`${name} takes text, not ${describe(value)}`);
}

function asList(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`${name} takes a list, not ${describe(value)}`);
}

function notMissing(value: unknown, name: string): unknown {
  if (value === undefined) throw new TypeError(`${name} takes a value, not undefined`);
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : isMap(value) ? 'a map' : typeof value;
}
