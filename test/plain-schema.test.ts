import { Ajv } from 'ajv';
import { expect } from 'chai';
import fc from 'fast-check';
import { checks } from '../src/checks/index.js';
import { fitsPlainSchema, isPlainSchema } from '../src/plain-schema.js';
import { resources } from '../src/resources/index.js';
import { schemaProblems, validate, type JsonSchema } from '../src/schema.js';
import { Template } from '../src/template/template.js';

const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const template = new Template('<%= x %>', { file: 'f', line: 1, col: 1 });

/** Any schema of the plain part, and some that are not. */
const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonSchema>({}, { type: 'null' }, { type: ['boolean', 'null'] }, { const: 'a' }),
    fc.record(
      {
        type: fc.constantFrom('string', ['string', 'integer']),
        minLength: fc.nat(3),
        maxLength: fc.nat(4),
        pattern: fc.constantFrom('^a', '.', '^.$', '('),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      {
        type: fc.constantFrom('integer', 'number'),
        minimum: fc.integer({ min: -2, max: 3 }),
        maximum: fc.integer({ min: -2, max: 3 }),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({ enum: fc.array(fc.constantFrom('a', 'b', 1, true, null), { maxLength: 3 }) }),
    fc.record(
      {
        type: fc.constant('array'),
        items: tie('schema') as fc.Arbitrary<JsonSchema>,
        minItems: fc.nat(2),
        maxItems: fc.nat(3),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      {
        type: fc.constantFrom('object', ['object', 'string']),
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema') as fc.Arbitrary<JsonSchema>),
        required: fc.uniqueArray(fc.constantFrom('a', 'b', 'z'), { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema') as fc.Arbitrary<JsonSchema>),
        minProperties: fc.nat(2),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({ anyOf: fc.array(tie('schema') as fc.Arbitrary<JsonSchema>, { minLength: 1, maxLength: 3 }) }),
    fc.record({
      anyOf: fc.array(tie('schema') as fc.Arbitrary<JsonSchema>, { maxLength: 2 }),
      type: fc.constant('object'),
    }),
    fc.constantFrom<JsonSchema>(
      { minimum: 1 },
      { type: 'strin' },
      { type: 'string', descripton: 'x' },
      { oneOf: [{}] },
      { items: {} },
      {
        type: 'object',
        properties: { a: {}, b: { type: 'string' } },
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
      },
      { type: 'object', properties: { a: {} }, anyOf: [{ required: ['z'] }] },
      {
        type: 'object',
        properties: { a: { type: 'string' }, b: {} },
        additionalProperties: false,
        anyOf: [
          { properties: { a: {} }, required: ['a'] },
          { properties: { b: { const: 1 } }, required: ['b'] },
        ],
      },
      {
        type: 'object',
        properties: { a: {}, b: {} },
        if: { properties: { a: { const: 'a' } }, required: ['a'] },
        else: { properties: { b: {} }, required: ['b'] },
      },
      { type: 'string', if: { pattern: '^a' }, then: { minLength: 2 }, else: { maxLength: 1 } },
      { type: 'string', then: { minLength: 2 } },
      { type: 'string', if: { minLength: 2 } },
      { type: 'string', anyOf: [{ type: 'string', minLength: 2 }, { maxLength: 0 }] },
      { type: 'string', anyOf: [{ minimum: 2 }] },
      { if: { type: 'string', minLength: 1 }, then: { const: 'a' } },
      { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 2 },
    ),
  ),
}));

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>('a', 'b', 'ab', '', '😀', 1, 0, -1, 2.5, true, false, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value'), { maxKeys: 3 }),
  ),
}));

describe('plain schemas', () => {
  it('fit what ajv finds valid and nothing else', () => {
    let plain = 0;
    let fitting = 0;
    fc.assert(
      fc.property(schema, fc.array(value, { minLength: 1, maxLength: 8 }), (one, values) => {
        if (!isPlainSchema(one)) return;
        plain += 1;
        const check = ajv.compile(one);
        for (const given of values) {
          const fits = fitsPlainSchema(one, given);
          if (fits) fitting += 1;
          expect(fits, JSON.stringify([one, given])).to.equal(check(given));
        }
      }),
      { numRuns: 2000 },
    );
    expect(plain).to.be.greaterThan(500);
    expect(fitting).to.be.greaterThan(200);
  }).timeout(60_000);

  it('take a template for anything, as the full check does', () => {
    const mapping = {
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'integer' }, b: { enum: ['x'] } },
    };
    for (const given of [template, { a: template }, { a: 1, b: template }]) {
      expect(fitsPlainSchema(mapping, given)).to.equal(true);
      expect(validate({ ...mapping, $comment: 'not plain' }, given)).to.deep.equal([]);
    }
    expect(fitsPlainSchema(mapping, { b: template })).to.equal(false);
  });
});

describe('the schemas of resources and checks', () => {
  for (const one of [...resources.values(), ...checks.values()]) {
    it(`${one.name} is sound`, () => {
      expect(schemaProblems(one.schema)).to.deep.equal([]);
      expect(() => ajv.compile(one.schema)).not.to.throw();
    });
  }
});
