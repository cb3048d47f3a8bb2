import { expect } from 'chai';
import { validate, type JsonSchema } from '../src/schema.js';
import { secretsIn } from '../src/write-only.js';

const hidden = { type: 'string', writeOnly: true };

describe('secretsIn', () => {
  it('finds texts and numbers at any depth, below lists, mappings, patterns and alternatives', () => {
    const schema = {
      type: 'object',
      properties: {
        plain: { type: 'string' },
        pin: { type: 'integer', writeOnly: true },
        users: {
          type: 'array',
          items: { type: 'object', properties: { name: { type: 'string' }, password: hidden } },
        },
        env: { type: 'object', additionalProperties: hidden },
        all: { type: 'object', writeOnly: true },
        tuple: { type: 'array', items: [{ type: 'string' }, hidden] },
        keys: { type: 'object', patternProperties: { _key$: hidden } },
        either: { anyOf: [{ type: 'boolean' }, { type: 'object', properties: { token: hidden } }] },
        referred: { $ref: '#/definitions/login' },
      },
      definitions: { login: { type: 'object', properties: { secret: hidden } } },
    };
    const value = {
      plain: 'open',
      pin: 98765432,
      users: [{ name: 'ada', password: 'one' }, { name: 'eve' }],
      env: { A: 'two' },
      all: { a: [{ b: 'three', c: 4, d: true, e: null }] },
      tuple: ['open', 'five'],
      keys: { api_key: 'six', other: 'open' },
      either: { token: 'seven' },
      referred: { secret: 'eight' },
    };
    expect(secretsIn(schema as unknown as JsonSchema, value)).to.deep.equal([
      98765432,
      'one',
      'two',
      'three',
      4,
      'five',
      'six',
      'seven',
      'eight',
    ]);
  });

  it('takes a value of another form than the schema wants as a secret as a whole', () => {
    const list = { type: 'array', items: hidden };
    expect(secretsIn(list, 'all-of-it')).to.deep.equal(['all-of-it']);
    expect(secretsIn(list, { a: 'x', b: [1] })).to.deep.equal(['x', 1]);
    const mapping = { type: 'object', properties: { password: hidden } };
    expect(secretsIn(mapping, 'all-of-it')).to.deep.equal(['all-of-it']);
    expect(secretsIn({ type: 'object', properties: { users: list } }, { users: 'text' })).to.deep.equal([
      'text',
    ]);
  });

  it('leaves alone what the schema allows beside the form with the secret', () => {
    expect(secretsIn({ type: ['string', 'array'], items: hidden }, 'allowed')).to.deep.equal([]);
    expect(
      secretsIn({ anyOf: [{ type: 'string' }, { type: 'array', items: hidden }] }, 'allowed'),
    ).to.deep.equal([]);
  });
});

describe('what a schema refuses', () => {
  it('is shown, but for what is secret in it, whatever is wrong', () => {
    const secret = 'Vaulted-Secret-0123456789';
    const cases: readonly (readonly [JsonSchema, unknown])[] = [
      [{ type: 'array', items: hidden }, secret],
      [{ type: 'array', items: hidden }, secret.repeat(4)],
      [{ type: 'object', properties: { a: hidden } }, [secret]],
      [{ type: 'integer', writeOnly: true }, secret],
      [{ type: 'string', writeOnly: true }, 98765432],
      [{ type: 'string', writeOnly: true, pattern: '^x' }, secret],
      [{ type: 'string', writeOnly: true, maxLength: 3 }, secret],
      [{ type: 'object', properties: { a: hidden }, minProperties: 2 }, { a: secret }],
      [{ enum: ['a'], writeOnly: true }, secret],
    ];
    for (const [one, value] of cases) {
      const problems = validate({ type: 'object', properties: { it: one } }, { it: value });
      expect(problems).to.have.length.above(0);
      const text = problems.map(({ message }) => message).join();
      expect(text, text).to.not.match(/Vault|Secret|9876/);
    }
  });

  it('is shortened after secrets were taken out', () => {
    const redact = (text: string): string => text.replaceAll('Vaulted-Secret-0123456789', '********');
    const [problem] = validate({ type: 'array' }, `${'x'.repeat(45)}Vaulted-Secret-0123456789`, redact);
    expect(problem!.message).to.equal(`must be list, not "${'x'.repeat(45)}********"`);
  });
});
