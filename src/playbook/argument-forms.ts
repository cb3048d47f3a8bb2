import { ConfigurationError, type Position } from '../errors.js';
import type { JsonSchema } from '../schema.js';
import { Template, type Loaded } from '../template/template.js';
import { KeyValueError, keysIn, splitKeyValues, type KeyValue } from './key-values.js';
import type { ModuleShape } from './model.js';
import { isMapping, placeOf, showKind, wrong, type YamlNode } from './node.js';

export type Path = readonly (string | number)[];

/** The arguments of a module or check as one mapping (or a Template that gives one), and where each was written. */
export interface Arguments {
  readonly value: Loaded;
  at(path: Path): Position;
  keyAt(path: Path): Position;
}

export interface NamedShape {
  readonly name: string;
  readonly shape: ModuleShape;
}

/**
 * The value of a module's key as arguments: a mapping, `name=nginx state=present`, the free form, a template that gives
 * all of them.
 * @throws ConfigurationError when it is none of these
 */
export function argumentsOf(node: YamlNode, module: NamedShape): Arguments {
  const { value } = node;
  if (value === null) return { value: {}, at: () => placeOf(node), keyAt: () => placeOf(node) };
  if (isMapping(value)) {
    return {
      value,
      at: (path) => node.document.at([...node.path, ...path]),
      keyAt: (path) => node.document.keyAt([...node.path, ...path]),
    };
  }
  const line = value instanceof Template ? value.source : typeof value === 'string' ? value : undefined;
  const { freeForm, schema } = module.shape;
  const keys = line === undefined ? [] : keysIn(line).filter(({ key }) => isKnown(key, schema));
  if (line !== undefined && (freeForm === undefined || keys[0]?.first === true)) {
    if (value instanceof Template && /^\s*<%[=-](?:(?!%>)[\s\S])*%>\s*$/.test(line)) return alone(node);
    return keyValues(node, line, module);
  }
  if (freeForm === undefined) {
    throw wrong(
      node,
      `${module.name} takes a mapping of arguments, not ${showKind(value)}`,
      `Known are ${argumentNames(schema)}.`,
    );
  }
  const misplaced = keys.find(({ key }) => key !== freeForm);
  if (misplaced && line !== undefined) {
    throw new ConfigurationError(
      `"${misplaced.key}=" in the free form of ${module.name} would be taken as part of it`,
      {
        position: node.document.placesOf(node.path)(misplaced.offset),
        hint: `Write it below "args:", or the whole as a mapping with "${freeForm}" and "${misplaced.key}".`,
      },
    );
  }
  return { ...alone(node), value: { [freeForm]: value } };
}

function alone(node: YamlNode): Arguments {
  return { value: node.value, at: () => placeOf(node), keyAt: () => placeOf(node) };
}

function keyValues(node: YamlNode, line: string, module: NamedShape): Arguments {
  const placesOf = node.document.placesOf(node.path);
  const pairs = new Map<string, KeyValue>();
  try {
    for (const pair of splitKeyValues(line)) {
      if (pairs.has(pair.key)) throw new KeyValueError(`"${pair.key}" is given twice`, pair.keyOffset);
      pairs.set(pair.key, pair);
    }
  } catch (error) {
    if (!(error instanceof KeyValueError)) throw error;
    throw new ConfigurationError(`${module.name}: ${error.message}`, {
      position: placesOf(error.offset),
      hint: `Write a mapping, or key=value pairs; known are ${argumentNames(module.shape.schema)}.`,
    });
  }
  const entries = [...pairs.values()].map((pair): [string, Loaded] => [
    pair.key,
    valueOf(pair, placesOf, module.shape.schema),
  ]);
  return {
    value: Object.fromEntries(entries),
    at: ([key]) => placesOf(pairs.get(String(key))?.textOffset ?? 0),
    keyAt: ([key]) => placesOf(pairs.get(String(key))?.keyOffset ?? 0),
  };
}

function valueOf(pair: KeyValue, placesOf: (offset: number) => Position, schema: JsonSchema): Loaded {
  const { key, text, textOffset, quoted } = pair;
  if (text.includes('<%'))
    return new Template(text, placesOf(textOffset), (offset) => placesOf(textOffset + offset));
  return quoted ? text : convert(text, typesOf(schema.properties?.[key]));
}

function typesOf(schema: JsonSchema | undefined): string[] {
  if (schema?.type !== undefined) return [schema.type].flat() as string[];
  const branches = (schema?.['anyOf'] ?? schema?.['oneOf']) as readonly JsonSchema[] | undefined;
  return branches ? branches.flatMap(typesOf) : ['string'];
}

/** A text as the type that the schema asks for; as it is when it fits none, or when texts are welcome too. */
function convert(text: string, types: readonly string[]): Loaded {
  // A list of names: `name=nginx,curl`.
  if (
    types.includes('array') &&
    !types.includes('object') &&
    (text.includes(',') || !types.includes('string'))
  ) {
    return text.split(',').map((one) => one.trim());
  }
  if (types.includes('string')) return text;
  if (types.includes('boolean') && /^(?:yes|true|on|no|false|off)$/i.test(text))
    return /^(?:yes|true|on)$/i.test(text);
  if (types.includes('integer') && /^-?\d+$/.test(text)) return Number(text);
  if (types.includes('number') && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  return text;
}

export function isKnown(key: string, schema: JsonSchema): boolean {
  return Object.hasOwn(schema.properties ?? {}, key);
}

/** The names of a module's arguments, for hints. */
export function argumentNames(schema: JsonSchema): string {
  return Object.keys(schema.properties ?? {}).join(', ');
}
