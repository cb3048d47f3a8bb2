import type { JsonSchema } from './schema.js';
import { Template } from './template/template.js';

type Scalar = string | number;

/**
 * The secrets in a value: all texts and numbers at or below a place that its schema calls `writeOnly`, at any depth. A value that is not of
 * the form in which the schema leads to such a place (a text where it wants a list of secrets) is one as a whole. true and false are
 * none, nor is a template: what it renders to is.
 */
export function secretsIn(schema: JsonSchema, value: unknown): Scalar[] {
  const found: Scalar[] = [];
  if (holdsWriteOnly(schema)) visit(schema, value, { root: schema, found, depth: 0 });
  return found;
}

/** A value with stars in the place of each of these secrets, for showing it. */
export function hideSecrets(value: unknown, secrets: ReadonlySet<unknown>): unknown {
  if (secrets.has(value)) return '********';
  if (Array.isArray(value)) return value.map((one) => hideSecrets(one, secrets));
  if (typeof value !== 'object' || value === null || value instanceof Template) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, hideSecrets(one, secrets)]));
}

/** Whether a schema calls anything at or below it `writeOnly`. */
export function holdsWriteOnly(schema: JsonSchema): boolean {
  let holds = known.get(schema);
  if (holds === undefined) {
    holds = holdsIn(schema);
    known.set(schema, holds);
  }
  return holds;
}

const known = new WeakMap<object, boolean>();

/** No `default` or `enum` is a schema, but a key of this name in one of them makes nothing worse than a second look. */
function holdsIn(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  if ((part as JsonSchema).writeOnly === true) return true;
  return Object.values(part).some(holdsIn);
}

interface Visit {
  readonly root: JsonSchema;
  readonly found: Scalar[];
  readonly depth: number;
}

/** A schema that refers to itself ends with the value, but for one that only refers. */
const DEEPEST = 100;

function visit(schema: unknown, value: unknown, given: Visit): void {
  if (!isSchema(schema) || value === undefined || value === null || value instanceof Template) return;
  if (given.depth > DEEPEST) return;
  const next = { ...given, depth: given.depth + 1 };
  if (schema.writeOnly === true) return addAll(value, given.found);
  const target = refersTo(schema, given.root);
  if (target) visit(target, value, next);
  for (const branch of branchesOf(schema, value)) visit(branch, value, next);
  if (!leadsOn(schema)) return;
  if (!fits(schema, value)) return addAll(value, given.found);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(itemSchema(schema, index), item, next);
  } else if (typeof value === 'object') {
    for (const [key, inner] of Object.entries(value))
      for (const one of propertySchemas(schema, key)) visit(one, inner, next);
  }
}

function addAll(value: unknown, found: Scalar[]): void {
  if (typeof value === 'string' || typeof value === 'number') found.push(value);
  else if (typeof value === 'object' && value !== null && !(value instanceof Template))
    for (const inner of Object.values(value)) addAll(inner, found);
}

const BELOW = [
  'items',
  'prefixItems',
  'additionalItems',
  'properties',
  'patternProperties',
  'additionalProperties',
];

/** Whether a secret is inside of the lists or mappings that the schema describes. */
function leadsOn(schema: JsonSchema): boolean {
  return BELOW.some((keyword) => holdsIn(schema[keyword]));
}

/** Whether a value has the form in which a secret is looked for, or one that the schema allows beside it. */
function fits(schema: JsonSchema, value: unknown): boolean {
  const types = [schema.type ?? []].flat();
  const type = Array.isArray(value) ? 'array' : typeof value;
  if (types.length > 0) return types.includes(type) || (type === 'number' && types.includes('integer'));
  const lists = BELOW.slice(0, 3).some((keyword) => holdsIn(schema[keyword]));
  const mappings = BELOW.slice(3).some((keyword) => holdsIn(schema[keyword]));
  return type === 'array' ? lists : type === 'object' && mappings;
}

/** Of alternatives only those that are for values like this one, where there are any. */
function branchesOf(schema: JsonSchema, value: unknown): unknown[] {
  const listed = (keyword: string): unknown[] => (Array.isArray(schema[keyword]) ? schema[keyword] : []);
  const alternatives = [...listed('anyOf'), ...listed('oneOf')];
  const typed = alternatives.filter((one) => isSchema(one) && one.type !== undefined && fits(one, value));
  return [
    ...listed('allOf'),
    ...(typed.length > 0
      ? alternatives.filter((one) => !isSchema(one) || one.type === undefined || typed.includes(one))
      : alternatives),
    schema['if'],
    schema['then'],
    schema['else'],
  ];
}

function itemSchema(schema: JsonSchema, index: number): unknown {
  const tuple = schema['prefixItems'] ?? (Array.isArray(schema.items) ? schema.items : undefined);
  if (!Array.isArray(tuple)) return schema.items;
  const rest = Array.isArray(schema.items) ? schema['additionalItems'] : schema.items;
  return index < tuple.length ? (tuple[index] as unknown) : rest;
}

function propertySchemas(schema: JsonSchema, key: string): unknown[] {
  const { properties = {} } = schema;
  const own = Object.hasOwn(properties, key) ? [properties[key]] : [];
  const patterns = Object.entries((schema['patternProperties'] ?? {}) as Record<string, unknown>)
    .filter(([pattern]) => new RegExp(pattern, 'u').test(key))
    .map(([, one]) => one);
  const all = [...own, ...patterns];
  return all.length > 0 ? all : [schema.additionalProperties];
}

function refersTo(schema: JsonSchema, root: JsonSchema): unknown {
  const reference = schema['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined;
  let place: unknown = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    place = typeof place === 'object' && place !== null ? (place as Record<string, unknown>)[key] : undefined;
  }
  return place;
}

function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === 'object' && schema !== null;
}
