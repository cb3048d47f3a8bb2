import { expect } from 'chai';
import fc from 'fast-check';
import { createSecrets } from '../../src/variables/secrets.js';

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

  it('ignores values that are too short to hide', () => {
    const secrets = createSecrets();
    secrets.add('abc');
    secrets.add('');
    expect(secrets.redact('abc')).to.equal('abc');
    expect([...secrets.values]).to.deep.equal([]);
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
});
