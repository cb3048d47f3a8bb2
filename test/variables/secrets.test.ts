import { expect } from 'chai';
import fc from 'fast-check';
import { createCapped } from '../../src/agent/capped.js';
import { cut } from '../../src/cut.js';
import { escapeControl } from '../../src/errors.js';
import { createSecrets } from '../../src/variables/secrets.js';

type Encode = (value: string, before: string) => string;

const uEscaped = (text: string, what: RegExp): string =>
  text.replace(what, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const inside = (text: string): string => JSON.stringify(text).slice(1, -1);

/** How programs show a text; `before` stands before it in what is encoded. */
const ENCODINGS: Readonly<Record<string, Encode>> = {
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

describe('createSecrets', () => {
  it('takes out values in the forms in which they show up', () => {
    const secrets = createSecrets();
    secrets.add(`p"a's\\s w&rd`);
    const { redact } = secrets;
    const value = `p"a's\\s w&rd`;
    for (const text of [
      value,
      JSON.stringify({ a: value }),
      JSON.stringify(JSON.stringify({ a: value })),
      `'${value.replaceAll("'", `'\\''`)}'`,
      encodeURIComponent(value),
      new URLSearchParams({ a: value }).toString(),
      Buffer.from(value).toString('base64'),
      Buffer.from(value).toString('base64url'),
      Buffer.from(value).toString('hex'),
    ]) {
      expect(redact(`<${text}>`), text)
        .to.contain('********')
        .and.not.contain('rd');
    }
  });

  it('takes the longest first, and all occurrences', () => {
    const secrets = createSecrets();
    secrets.add('hunter');
    secrets.add('hunter2-long');
    expect(secrets.redact('hunter2-long hunter hunter')).to.equal('******** ******** ********');
  });

  it('takes a very short value out where it stands as a value, and leaves words alone', () => {
    const secrets = createSecrets();
    ['42', 'a', '', '   '].forEach(secrets.add);
    expect([...secrets.values]).to.deep.equal(['42', 'a']);
    for (const text of ['pin=42', 'pin: 42', '{"pin":42}', '{"pin": "42"}', "pin='42'", '42', '  42  '])
      expect(secrets.redact(text), text).to.match(/^[^4]*\*{8}[^4]*$/);
    for (const text of ['142 ms', 'after 42 tasks', 'a file of 420 bytes', '::1', 'x=420'])
      expect(secrets.redact(text), text).to.equal(text);
  });

  it('finds a secret of several lines line by line', () => {
    const secrets = createSecrets();
    secrets.add('-----BEGIN KEY-----\nMIIEabcdef\n-----END KEY-----\n');
    expect(['MIIEabcdef', 'fine'].map(secrets.redact)).to.deep.equal(['********', 'fine']);
  });

  it('leaves no secret in any text (property)', () => {
    const secret = fc
      .string({ unit: 'grapheme', minLength: 4 })
      .filter((text) => text.trim().length >= 4 && !text.includes('*'));
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), fc.string(), (values, around) => {
        const secrets = createSecrets();
        values.forEach((value) => secrets.add(value));
        const text = values.map((value) => `${around} ${value} ${JSON.stringify(value)} `).join('\n');
        const redacted = secrets.redact(text);
        // A secret may stand in what is put around it; then it is taken out there as well.
        for (const value of values) expect(redacted).not.to.contain(value);
      }),
    );
  });

  describe('in every encoding', () => {
    // Quotes, control characters, non-ASCII, characters of two units; lines of their own are looked at below.
    const unit = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...'abcXYZ019') },
      fc.constantFrom(...`"'\\/<>&$\`!+=% #;\t`, '\u0007', '\u001b', '\u0085', '\u202e'),
      fc.constantFrom('ä', 'ß', '€', '日', '😀', '\u2028'),
    );
    const secret = fc
      .array(unit, { minLength: 10, maxLength: 40 })
      .map((units) => `s${units.join('')}e`)
      .filter((text) => !/[\s]{2}/.test(text));

    for (const [name, encode] of Object.entries(ENCODINGS)) {
      it(`${name} (property)`, () => {
        fc.assert(
          fc.property(secret, fc.nat(200), (value, before) => {
            const secrets = createSecrets();
            secrets.add(value);
            const encoded = encode(value, 'u'.repeat(before));
            const redacted = secrets.redact(`-${encoded}-`);
            // What holds bits of its neighbours stays: a character or two at each end.
            for (const piece of piecesOf(encode(value, ''), encoded))
              expect(redacted, `${piece} of ${encoded}`).to.not.include(piece);
          }),
        );
      });
    }
  });

  it('finds what base64(1) and xxd(1) broke into lines, and each line by itself', () => {
    const value = 'Vaulted-Secret-0123456789-'.repeat(6);
    const secrets = createSecrets();
    secrets.add(value);
    for (const encoding of ['base64', 'hex'] as const) {
      for (let before = 0; before < 80; before += 1) {
        const all = Buffer.from(`${'u'.repeat(before)}${value}`).toString(encoding);
        const wrapped = all.replace(/.{76}/g, '$&\n');
        const core = Buffer.from(value.slice(3, -3)).toString(encoding);
        for (const text of [
          wrapped,
          wrapped.replaceAll('\n', '\r\n'),
          JSON.stringify(wrapped),
          wrapped.replaceAll('\n', '\n    '),
        ])
          expect(leftOf(secrets.redact(text), all, before, encoding), text).to.be.below(5);
        const lines = wrapped.split('\n').map(secrets.redactLine).join('');
        // A piece at the end of a line that is too short to be told from anything else.
        expect(leftOf(lines, all, before, encoding)).to.be.below(9);
        expect(lines).to.not.include(core.slice(0, 20));
      }
    }
  });

  for (const value of ['Vaulted-"Secret"-0123456789', 'n.Vaulted.n.Secret.n\\n.0123'])
    it(`leaves neither head nor tail of ${value} where it was cut off (property)`, () => {
      const secrets = createSecrets();
      secrets.add(value);
      const json = JSON.stringify({ login: 'operator-alice', password: value });
      for (let most = 4; most < json.length; most += 1) noPiece(secrets.redact(cut(json, most)));
      fc.assert(
        fc.property(fc.nat(120), fc.nat(120), (before, behind) => {
          const capped = createCapped(64);
          const output = `${'x'.repeat(before)}${value}${'y'.repeat(behind)}`;
          for (const byte of Buffer.from(output)) capped.add(Buffer.from([byte]));
          const kept = capped.take().toString('utf8');
          noPiece(secrets.redact(kept));
          noPiece(secrets.redact(JSON.stringify({ kept })));
        }),
      );

      function noPiece(text: string): void {
        for (let at = 0; at + 5 <= value.length; at += 1)
          expect(text, value.slice(at, at + 5)).to.not.include(value.slice(at, at + 5));
      }
    });

  it('takes out both of two secrets that overlap', () => {
    const secrets = createSecrets();
    ['abcdefgh', 'efghijkl'].forEach(secrets.add);
    expect(secrets.redact('<abcdefghijkl>')).to.equal('<********>');
  });

  it('does what was put off before anything is shown', () => {
    const secrets = createSecrets();
    secrets.later(() => secrets.add('opened late'));
    expect(secrets.redact('it was opened late')).to.equal('it was ********');
  });

  it('takes time that grows with the text alone', () => {
    const secrets = createSecrets();
    for (let count = 0; count < 40; count += 1) secrets.add(`-----${'a'.repeat(60)}${count}`);
    const kinds: Readonly<Record<string, string>> = {
      prose: 'some words of a program, and c29tZSBiYXNlNjQ=\n',
      dashes: '-',
      'the beginning of all': `-----${'a'.repeat(59)}`,
      dots: '....',
      backslashes: '\\',
      blanks: ' \n',
    };
    for (const [name, piece] of Object.entries(kinds)) {
      const once = piece.repeat(20_000 / piece.length);
      const time = (text: string): number => {
        const began = performance.now();
        secrets.redact(text);
        return performance.now() - began;
      };
      const best = (text: string): number => Math.min(...[1, 2, 3].map(() => time(text)));
      const [short, long] = [best(once), best(once.repeat(4))];
      // With its square it would be sixteen times as much.
      expect(long, `${name}: ${short} ms, four times of it ${long} ms`).to.be.below(9 * short + 20);
    }
  });
});

/** Pieces of eight characters out of the midst of an encoded secret, as they stand in a text. */
function piecesOf(encoded: string, within: string): string[] {
  const pieces: string[] = [];
  for (let at = 4; at + 12 <= encoded.length; at += 1) {
    const piece = encoded.slice(at, at + 8);
    if (within.includes(piece) && !/^(.)\1*$/.test(piece)) pieces.push(piece);
  }
  return pieces;
}

/** The longest run of characters of an encoded secret that is still in a text. */
function leftOf(redacted: string, all: string, before: number, encoding: 'base64' | 'hex'): number {
  const start = Math.ceil(encoding === 'hex' ? before * 2 : (before * 8) / 6);
  let longest = 0;
  for (let at = start; at < all.length; at += 1)
    while (
      at + longest < all.length &&
      redacted.replace(/\s/g, '').includes(all.slice(at, at + longest + 1)) &&
      all.slice(at, at + longest + 1).length > longest
    )
      longest += 1;
  return longest;
}
