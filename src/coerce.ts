import { fitsPlainSchema } from './plain-schema.js';
import type { JsonSchema } from './schema.js';
import { Template } from './template/template.js';

/**
 * A value with its texts as what the schema asks for, where they are that for Ansible, too: `"22"` for a number, `"yes"` for a boolean,
 * `"a, b"` for a list. Texts stay where texts are welcome; what fits nothing stays as it is, for `validate` to name.
 * @returns the same value where nothing changes
 */
export function coerce(schema: JsonSchema, value: unknown): unknown {
  if (value instanceof Template || value === null || value === undefined) return value;
  const branches = (schema['anyOf'] ?? schema['oneOf']) as readonly JsonSchema[] | undefined;
  const types = typesOf(schema, branches);
  if (typeof value === 'string' && branches && value.includes(',')) {
    const parts = partsOf(value, branches);
    if (parts) return parts;
  }
  if (typeof value === 'string')
    return types.includes('string') ? value : ofText(value, types, schema, branches);
  if (Array.isArray(value)) {
    const items = itemsOf(schema, branches);
    return items
      ? same(
          value,
          value.map((one) => coerce(items, one)),
        )
      : value;
  }
  if (typeof value !== 'object') return value;
  const { properties = {} } = schema;
  const entries = Object.entries(value).map(([key, one]): [string, unknown] => [
    key,
    Object.hasOwn(properties, key) ? coerce(properties[key]!, one) : one,
  ]);
  const changed = entries.some(([key, one]) => one !== (value as Record<string, unknown>)[key]);
  return changed ? Object.fromEntries(entries) : value;
}

/** `adm, sudo` where a text of this form is not welcome, and a list of such texts is. */
function partsOf(text: string, branches: readonly JsonSchema[]): readonly string[] | undefined {
  if (branches.some((one) => fitsPlainSchema(one, text))) return undefined;
  const parts = text.split(',').map((one) => one.trim());
  return branches.some((one) => fitsPlainSchema(one, parts)) ? parts : undefined;
}

function typesOf(schema: JsonSchema, branches: readonly JsonSchema[] | undefined): readonly string[] {
  if (schema.type !== undefined) return [schema.type].flat() as string[];
  if (schema.enum) return [...new Set(schema.enum.map((one) => typeof one))];
  if (schema['const'] !== undefined) return [typeof schema['const']];
  // What says nothing takes everything.
  const inner = branches?.flatMap((one) => typesOf(one, undefined)) ?? [];
  return inner.length > 0 ? inner : ['string'];
}

function itemsOf(schema: JsonSchema, branches: readonly JsonSchema[] | undefined): JsonSchema | undefined {
  return schema.items ?? branches?.find(({ items }) => items !== undefined)?.items;
}

function ofText(
  text: string,
  types: readonly string[],
  schema: JsonSchema,
  branches: readonly JsonSchema[] | undefined,
): unknown {
  const word = text.trim();
  if (types.includes('boolean')) {
    if (/^(?:y|yes|on|1|true|t)$/i.test(word)) return true;
    if (/^(?:n|no|off|0|false|f)$/i.test(word)) return false;
  }
  if (/^[-+]?\d+$/.test(word) && (types.includes('integer') || types.includes('number'))) return Number(word);
  if (types.includes('number') && /^[-+]?(?:\d+\.?\d*|\.\d+)$/.test(word)) return Number(word);
  // A whole float, which stays text when it is read.
  if (types.includes('integer') && /^[-+]?\d+\.0+$/.test(word)) return Number(word);
  if (types.includes('array') && !types.includes('object')) {
    const items = itemsOf(schema, branches);
    const parts = text.split(',').map((one) => one.trim());
    return items ? parts.map((one) => coerce(items, one)) : parts;
  }
  return text;
}

function same(before: readonly unknown[], after: unknown[]): readonly unknown[] {
  return after.every((one, index) => one === before[index]) ? before : after;
}
