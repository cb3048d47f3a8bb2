import { Template } from './template/template.js';
import type { JsonSchema } from './schema.js';

type Plain = JsonSchema & {
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly else?: JsonSchema;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
};

const known = new WeakMap<JsonSchema, boolean>();
const patterns = new Map<string, RegExp>();

/**
 * Whether a schema is sound and uses only the everyday part of JSON Schema. Compiling one with ajv takes milliseconds, and
 * a site has forty; a plain one can be followed as it stands, so that ajv is needed only to explain what is wrong.
 */
export function isPlainSchema(schema: JsonSchema): boolean {
  let plain = known.get(schema);
  if (plain === undefined) {
    plain = Object.keys(schema).every(
      (key) => Object.hasOwn(KEYWORDS, key) && KEYWORDS[key]!(schema[key], schema),
    );
    known.set(schema, plain);
  }
  return plain;
}

/** Whether a value fits a plain schema, as ajv would find. A Template fits anything. */
export function fitsPlainSchema(schema: JsonSchema, value: unknown): boolean {
  if (value instanceof Template) return true;
  const plain = schema as Plain;
  if (plain.type !== undefined && ![plain.type].flat().some((type) => isOfType(value, String(type))))
    return false;
  if (plain.enum !== undefined && !plain.enum.includes(value)) return false;
  if (plain.const !== undefined && plain.const !== value) return false;
  if (plain.anyOf !== undefined && !plain.anyOf.some((one) => fitsPlainSchema(one, value))) return false;
  if (plain.if !== undefined) {
    const branch = fitsPlainSchema(plain.if, value) ? plain.then : plain.else;
    if (branch !== undefined && !fitsPlainSchema(branch, value)) return false;
  }
  if (typeof value === 'string') return fitsText(plain, value);
  if (typeof value === 'number') return fitsNumber(plain, value);
  if (Array.isArray(value)) return fitsList(plain, value);
  return typeof value !== 'object' || value === null || fitsMapping(plain, value as Record<string, unknown>);
}

function fitsText({ minLength, maxLength, pattern }: Plain, text: string): boolean {
  if (minLength !== undefined && [...text].length < minLength) return false;
  if (maxLength !== undefined && [...text].length > maxLength) return false;
  return pattern === undefined || regExp(pattern).test(text);
}

function fitsNumber({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Plain, value: number): boolean {
  if (value < (minimum ?? -Infinity) || value > (maximum ?? Infinity)) return false;
  return (
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (exclusiveMaximum === undefined || value < exclusiveMaximum)
  );
}

function fitsList({ minItems, maxItems, items }: Plain, list: readonly unknown[]): boolean {
  if (list.length < (minItems ?? 0) || list.length > (maxItems ?? Infinity)) return false;
  return items === undefined || list.every((item) => fitsPlainSchema(items, item));
}

function fitsMapping(schema: Plain, mapping: Readonly<Record<string, unknown>>): boolean {
  const { properties = {}, required = [], additionalProperties = true, minProperties = 0 } = schema;
  const keys = Object.keys(mapping);
  if (keys.length < minProperties || required.some((key) => mapping[key] === undefined)) return false;
  return keys.every((key) => {
    const property = Object.hasOwn(properties, key) ? properties[key]! : additionalProperties;
    if (typeof property === 'boolean') return property;
    return mapping[key] === undefined || fitsPlainSchema(property, mapping[key]);
  });
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function regExp(pattern: string): RegExp {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = new RegExp(pattern, 'u');
    patterns.set(pattern, compiled);
  }
  return compiled;
}

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];

/** What each keyword may hold. Those of one type must stand beside that type, as ajv's strict mode wants it. */
const KEYWORDS: Readonly<Record<string, (value: unknown, schema: JsonSchema) => boolean>> = {
  type: (value) => (isList(value) ? value.length > 0 && isSet(value) && value.every(isType) : isType(value)),
  title: isText,
  description: isText,
  default: () => true,
  writeOnly: (value) => typeof value === 'boolean',
  enum: (value) => isList(value) && value.length > 0 && isSet(value) && value.every(isScalar),
  const: isScalar,
  anyOf: (value, schema) => isList(value) && value.length > 0 && value.every((one) => isBranch(one, schema)),
  if: (value, schema) =>
    (schema['then'] !== undefined || schema['else'] !== undefined) && isBranch(value, schema),
  then: (value, schema) => schema['if'] !== undefined && isBranch(value, schema),
  else: (value, schema) => schema['if'] !== undefined && isBranch(value, schema),
  pattern: (value, schema) => has(schema, 'string') && isText(value) && isPattern(value),
  minLength: (value, schema) => has(schema, 'string') && isCount(value),
  maxLength: (value, schema) => has(schema, 'string') && isCount(value),
  minimum: (value, schema) => has(schema, 'number', 'integer') && Number.isFinite(value),
  maximum: (value, schema) => has(schema, 'number', 'integer') && Number.isFinite(value),
  exclusiveMinimum: (value, schema) => has(schema, 'number', 'integer') && Number.isFinite(value),
  exclusiveMaximum: (value, schema) => has(schema, 'number', 'integer') && Number.isFinite(value),
  items: (value, schema) => has(schema, 'array') && isSchema(value),
  minItems: (value, schema) => has(schema, 'array') && isCount(value),
  maxItems: (value, schema) => has(schema, 'array') && isCount(value),
  properties: (value, schema) =>
    has(schema, 'object') && isMapping(value) && Object.values(value).every(isSchema),
  additionalProperties: (value, schema) =>
    has(schema, 'object') && (typeof value === 'boolean' || isSchema(value)),
  minProperties: (value, schema) => has(schema, 'object') && isCount(value),
  required: (value, schema) => has(schema, 'object') && isKeyList(value, schema),
};

function has({ type }: JsonSchema, ...wanted: readonly string[]): boolean {
  return [type].flat().some((one) => wanted.includes(String(one)));
}

function isKeyList(value: unknown, { properties = {} }: JsonSchema): boolean {
  return isList(value) && isSet(value) && value.every((key) => isText(key) && Object.hasOwn(properties, key));
}

function isSchema(value: unknown): boolean {
  return isMapping(value) && isPlainSchema(value);
}

/** One of several schemas for the same value. It may not narrow the type that stands beside it, only speak of values of that type. */
function isBranch(value: unknown, { type }: JsonSchema): boolean {
  if (!isMapping(value)) return false;
  if (type === undefined) return isPlainSchema(value);
  return typeof type === 'string' && value.type === undefined && isPlainSchema({ ...value, type });
}

function isMapping(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !isList(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isType(value: unknown): boolean {
  return isText(value) && TYPES.includes(value);
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isSet(list: readonly unknown[]): boolean {
  return new Set(list).size === list.length;
}

function isPattern(text: string): boolean {
  try {
    regExp(text);
    return true;
  } catch {
    return false;
  }
}
