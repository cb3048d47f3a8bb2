import { escapeControl } from '../errors.js';

/** How a secret may look in a text. */
export interface Form {
  readonly text: string;
  /** programs break it into lines (base64, hex): breaks in it do not count */
  readonly wraps: boolean;
}

/**
 * A value as it is and as it looks inside of JSON, URLs, words of sh, SQL, HTML, headers and logs. Of one with several lines each line
 * counts, so that a stream can be redacted line by line.
 */
export function formsOf(value: string): Form[] {
  const lines = value.includes('\n') ? value.split(/\r?\n/).map((line) => line.trim()) : [];
  const composed = [value.normalize('NFC'), value.normalize('NFD')];
  const texts = new Set([
    value,
    value.trim(),
    value.replaceAll('\n', '\r\n'),
    // As messages show it on one line.
    value.trim().replace(/\s+/g, ' '),
    ...composed,
    ...lines,
  ]);
  const forms = new Map<string, Form>();
  for (const text of texts) {
    if (text === '') continue;
    for (const one of [
      text,
      ...quotedForms(text),
      ...jsonForms(text),
      ...markupForms(text),
      ...urlForms(text),
    ])
      forms.set(one, { text: one, wraps: false });
    for (const one of [...base64Forms(text), ...hexForms(text)]) forms.set(one, { text: one, wraps: true });
  }
  return [...forms.values()];
}

/** sh, bash's `printf %q` and `$'…'`, SQL, Python's bytes, git's octal, and what provision makes of control characters itself. */
function quotedForms(text: string): string[] {
  const backslashed = text.replaceAll('\\', '\\\\');
  const ansiC = backslashed.replaceAll("'", "\\'").replace(/[\u0000-\u001f\u007f]/g, cEscape);
  return [
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll("'", "''"),
    text.replaceAll('"', '""'),
    text.replace(/[$`"\\]/g, '\\$&'),
    text.replace(/[^\w\n@%+=:,./-]/g, '\\$&'),
    backslashed.replaceAll("'", "\\'"),
    backslashed
      .replace(/["']/g, '\\$&')
      .replaceAll('\0', '\\0')
      .replaceAll('\n', '\\n')
      .replaceAll('\r', '\\r'),
    ansiC,
    // Which of the characters that format a text count as printable depends on the C library.
    ...[/[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Zl}\p{Zp}]+/gu, /[\p{Cc}\p{Cn}\p{Co}\p{Zl}\p{Zp}]+/gu].map(
      (unprintable) => text.replaceAll("'", `'\\''`).replace(unprintable, (run) => `'$'${octal(run)}''`),
    ),
    bytesEscaped(backslashed, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`),
    bytesEscaped(backslashed.replaceAll('"', '\\"'), (byte) => `\\${byte.toString(8).padStart(3, '0')}`),
    escapeControl(text),
    text.split('\n').map(escapeControl).join('\n'),
  ];
}

const C_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\E',
};

function cEscape(char: string): string {
  return C_ESCAPES[char] ?? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
}

/** As ls(1) and its kin name a file that cannot be printed: `'a'$'\n''b'`. */
function octal(run: string): string {
  return [...run]
    .map(
      (char) =>
        (char === '\u001b' ? '\\033' : C_ESCAPES[char]) ??
        bytesOf(char, (byte) => `\\${byte.toString(8).padStart(3, '0')}`),
    )
    .join('');
}

function bytesOf(text: string, escape: (byte: number) => string): string {
  return [...Buffer.from(text, 'utf8')].map(escape).join('');
}

/** What is not printable ASCII byte by byte in UTF-8. */
function bytesEscaped(text: string, escape: (byte: number) => string): string {
  return text.replace(/[^\x20-\x7e]+/g, (run) =>
    run
      .split(/(\n|\r|\t)/)
      .map((part) => C_ESCAPES[part] ?? bytesOf(part, escape))
      .join(''),
  );
}

/** JSON of JavaScript, of Python (ASCII only), of Go (`<` as \u003c) and of PHP (`\/`), and each inside of another JSON string. */
function jsonForms(text: string): string[] {
  const plain = inJson(text);
  const go = hexEscaped(plain, /[<>&\u2028\u2029]/g);
  const ascii = (one: string): string => hexEscaped(one, /[\u007f-\uffff]/g);
  const kinds = [
    plain,
    go,
    ascii(plain),
    ascii(go),
    ascii(plain).replaceAll('/', '\\/'),
    plain.replaceAll('/', '\\/'),
  ];
  const both = kinds.flatMap((one) => [one, upperEscapes(one)]);
  return both.flatMap((one) => [one, inJson(one)]);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function hexEscaped(text: string, what: RegExp): string {
  return text.replace(what, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function upperEscapes(text: string): string {
  return text.replace(/\\u[0-9a-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`);
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function markupForms(text: string): string[] {
  const code = (char: string): number => char.charCodeAt(0);
  const named = (apostrophe: string): string => text.replace(/[&<>"']/g, (char) => NAMED[char] ?? apostrophe);
  return [
    text.replace(/[&<>"']/g, (char) => `&#${code(char)};`),
    text.replace(/[&<>"']/g, (char) => `&#x${code(char).toString(16)};`),
    text.replace(/[&<>]/g, (char) => NAMED[char] ?? char),
    text.replace(/[&<>"]/g, (char) => NAMED[char] ?? char),
    ...['&#39;', '&#x27;', '&apos;'].map(named),
    named('&#39;').replaceAll('&quot;', '&#34;'),
  ];
}

function urlForms(text: string): string[] {
  // encodeURIComponent refuses half of a surrogate pair, which no URL can hold.
  if (/\p{Surrogate}/u.test(text)) return [];
  const encoded = encodeURIComponent(text);
  const strict = encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const all = [
    encoded,
    strict,
    strict.replaceAll('%20', '+'),
    strict.replaceAll('%2F', '/'),
    strict.replaceAll('~', '%7E'),
    encodeURI(text),
  ];
  return all.flatMap((one) => [one, one.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]);
}

/**
 * Base64 has three alignments, by what stands before the secret (`user:secret` of HTTP Basic). Characters that hold bits of its
 * neighbours too are left out: they differ.
 */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const aligned = [0, 1, 2].map((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return all.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const padded = bytes.toString('base64');
  return [...aligned, padded, padded.replace(/=+$/, '')].flatMap((one) => [
    one,
    one.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}

function hexForms(text: string): string[] {
  const hex = Buffer.from(text, 'utf8').toString('hex');
  const pairs = hex.match(/../g) ?? [];
  return [hex, pairs.join(':'), pairs.join(' ')].flatMap((one) => [one, one.toUpperCase()]);
}
