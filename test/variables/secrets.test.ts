import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { createCapped } from '../../src/agent/capped.js';
import { cut } from '../../src/cut.js';
import { createSecrets } from '../../src/variables/secrets.js';
import { ENCODINGS, anySecret, piecesOf } from './encodings.js';

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
    for (const [name, encode] of Object.entries(ENCODINGS)) {
      it(`${name} (property)`, () => {
        fc.assert(
          fc.property(anySecret, fc.nat(200), (value, before) => {
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

  it('finds the lines that od(1) and hexdump(1) print, each by itself', () => {
    const value = 'Qz7!kd93mVx_41pLwRt8@ncE5uYb2sHg60fJqXoD';
    const secrets = createSecrets();
    secrets.add(value);
    const programs = [
      ['od', '-An', '-tx1'],
      ['od', '-An', '-tx1', '-w8'],
      ['od', '-Ax', '-tx1'],
      ['hexdump', '-e', '16/1 "%02x " "\\n"'],
    ];
    for (const [program = '', ...args] of programs) {
      const { stdout, error } = spawnSync(program, args, { input: value, encoding: 'utf8' });
      if (error) continue;
      const [first = '', ...lines] = stdout.split('\n').filter((line) => /[0-9a-f]{2} /.test(line));
      for (const line of [first, ...lines.slice(0, -1)]) {
        const shown = secrets.redactLine(line);
        expect(
          shown.match(/\b[0-9a-f]{2}\b/g) ?? [],
          `${program} ${args.join(' ')}: ${line}`,
        ).to.have.length.below(2);
      }
    }
    expect(secrets.redactLine(' 00 01 02 03 04 05 06 07')).to.equal(' 00 01 02 03 04 05 06 07');
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
    for (let count = 0; count < 15; count += 1) secrets.add(`-----${'a'.repeat(60)}${count}`);
    const kinds: Readonly<Record<string, string>> = {
      prose: 'some words of a program, and c29tZSBiYXNlNjQ=\n',
      dashes: '-',
      'the beginning of all': `-----${'a'.repeat(59)}`,
      dots: '....',
      backslashes: '\\',
      blanks: ' \n',
    };
    for (const [name, piece] of Object.entries(kinds)) {
      const once = piece.repeat(6_000 / piece.length);
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
