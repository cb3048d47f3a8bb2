import fc from 'fast-check';
import { escapeControl } from '../../src/errors.js';

// Quotes, control characters, non-ASCII, characters of two units; lines of their own are looked at below.
const unit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...'abcXYZ019') },
  fc.constantFrom(...`"'\\/<>&$\`!+=% #;\t`, '\u0007', '\u001b', '\u0085', '\u202e'),
  fc.constantFrom('ä', 'ß', '€', '日', '😀', '\u2028'),
);
export const anySecret = fc
  .array(unit, { minLength: 10, maxLength: 40 })
  .map((units) => `s${units.join('')}e`)
  .filter((text) => !/[\s]{2}/.test(text));

type Encode = (value: string, before: string) => string;

const uEscaped = (text: string, what: RegExp): string =>
  text.replace(what, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const inside = (text: string): string => JSON.stringify(text).slice(1, -1);

/** How programs show a text; `before` stands before it in what is encoded. */
export const ENCODINGS: Readonly<Record<string, Encode>> = {
  'as it is': (value, before) => before + value,
  'with control characters made visible': (value, before) => before + escapeControl(value),
  'JSON of JavaScript': (value, before) => inside(before + value),
  'JSON in JSON': (value, before) => inside(inside(before + value)),
  'JSON of Python': (value, before) => uEscaped(inside(before + value), /[\u007f-\uffff]/g),
  'JSON of Java, in capitals': (value, before) =>
    uEscaped(inside(before + value), /[\u007f-\uffff]/g).replace(
      /\\u.{4}/g,
      (one) => `\\u${one.slice(2).toUpperCase()}`,
    ),
  'JSON of Go': (value, before) => uEscaped(inside(before + value), /[<>&\u2028\u2029]/g),
  'JSON of PHP': (value, before) =>
    uEscaped(inside(before + value), /[\u007f-\uffff]/g).replaceAll('/', '\\/'),
  base64: (value, before) => Buffer.from(before + value).toString('base64'),
  'HTTP Basic': (value, before) => Buffer.from(`${before}:${value}`).toString('base64'),
  base64url: (value, before) => Buffer.from(before + value).toString('base64url'),
  'base64 with more behind it': (value, before) => Buffer.from(`${before}${value}\n`).toString('base64'),
  hex: (value, before) => Buffer.from(before + value).toString('hex'),
  'hex in capitals': (value, before) =>
    Buffer.from(before + value)
      .toString('hex')
      .toUpperCase(),
  'hex of a fingerprint': (value, before) =>
    Buffer.from(before + value)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:'),
  'a part of a URL': (value, before) => encodeURIComponent(before + value),
  'a part of a URL in small letters': (value, before) =>
    encodeURIComponent(before + value).replace(/%../g, (one) => one.toLowerCase()),
  'a form': (value, before) => new URLSearchParams({ x: before + value }).toString(),
  'a word of sh': (value, before) => `'${(before + value).replaceAll("'", "'\\''")}'`,
  'a word of sh in double quotes': (value, before) => `"${(before + value).replace(/[$`"\\]/g, '\\$&')}"`,
  'a text in SQL': (value, before) => `'${(before + value).replaceAll("'", "''")}'`,
  'a cell of CSV': (value, before) => `"${(before + value).replaceAll('"', '""')}"`,
  HTML: (value, before) =>
    (before + value).replace(
      /[&<>"']/g,
      (one) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[one] ?? '#39'};`,
    ),
  XML: (value, before) =>
    (before + value).replace(
      /[&<>"']/g,
      (one) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[one] ?? 'apos'};`,
    ),
};

/** Pieces of eight characters out of the midst of an encoded secret, as they stand in a text. */
export function piecesOf(encoded: string, within: string): string[] {
  const pieces: string[] = [];
  for (let at = 4; at + 12 <= encoded.length; at += 1) {
    const piece = encoded.slice(at, at + 8);
    if (within.includes(piece) && !/^(.)\1*$/.test(piece)) pieces.push(piece);
  }
  return pieces;
}
