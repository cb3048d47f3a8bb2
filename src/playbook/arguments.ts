import { ConfigurationError, type Position } from '../errors.js';
import { validate, type JsonSchema, type Problem } from '../schema.js';
import { Template, type Loaded } from '../template/template.js';
import { refusal } from './check-shape.js';
import { readConditions } from './expressions.js';
import { KeyValueError, keysIn, splitKeyValues, type KeyValue } from './key-values.js';
import type { ModuleShape } from './model.js';
import { isMapping, placeOf, showKind, wrong, type Mapping, type YamlNode } from './node.js';
import { checkName } from './variables.js';

type Path = readonly (string | number)[];

/** The arguments of a module or check as one mapping (or a Template that gives one), and where each was written. */
export interface Arguments {
  readonly value: Loaded;
  at(path: Path): Position;
  keyAt(path: Path): Position;
}

interface Named {
  readonly name: string;
  readonly shape: ModuleShape;
}

/**
 * Take the arguments of a module in any of Ansible's forms and hold them against its schema:
 * a mapping, `name=nginx state=present`, the free form of a module that has one, with `args:` beside it.
 * @throws ConfigurationError at the offending key or value
 */
export function readArguments(node: YamlNode, module: Named, beside: YamlNode | undefined): Arguments {
  const given = withBeside(argumentsOf(node, module), beside, module);
  if (given.value instanceof Template) return given;
  const problems = validate(module.shape.schema, given.value);
  if (problems.length > 0)
    throw refusal(
      problems,
      (one) => positionOf(one, given),
      (one) => ({ message: explain(one, module), hint: hintFor(one, module) }),
    );
  checkExpressions(node, module);
  if (module.shape.schema.additionalProperties === true) checkNames(node, module.shape.schema);
  return given;
}

function argumentsOf(node: YamlNode, module: Named): Arguments {
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

function keyValues(node: YamlNode, line: string, module: Named): Arguments {
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

function withBeside(given: Arguments, beside: YamlNode | undefined, module: Named): Arguments {
  if (!beside || !isMapping(beside.value)) return given;
  if (!isMapping(given.value)) {
    throw wrong(
      beside,
      `"args" cannot be added: the arguments of ${module.name} are a template`,
      'Name them one by one.',
    );
  }
  const own: Mapping = given.value;
  const twice = Object.keys(beside.value).find((key) => Object.hasOwn(own, key));
  if (twice !== undefined) {
    throw new ConfigurationError(`${module.name}: "${twice}" is given twice`, {
      position: beside.document.keyAt([...beside.path, twice]),
      hint: 'Keep one of them.',
    });
  }
  const isOwn = (path: Path): boolean => path.length === 0 || Object.hasOwn(own, String(path[0]));
  return {
    value: { ...own, ...beside.value },
    at: (path) => (isOwn(path) ? given.at(path) : beside.document.at([...beside.path, ...path])),
    keyAt: (path) => (isOwn(path) ? given.keyAt(path) : beside.document.keyAt([...beside.path, ...path])),
  };
}

function positionOf({ path, key }: Problem, given: Arguments): Position {
  return key === undefined ? given.at(path) : given.keyAt([...path, key]);
}

function explain({ path, message, key, missing }: Problem, module: Named): string {
  const inner = path.length > 0 ? `"${path.join('.')}" ` : '';
  if (key !== undefined) return `${module.name}: ${message}${inner === '' ? '' : ` in ${inner.trim()}`}`;
  if (missing !== undefined) return `${module.name}${inner === '' ? ' ' : `: ${inner}`}lacks "${missing}"`;
  return `${module.name}: ${inner}${message}`;
}

function hintFor({ message, path, key, missing }: Problem, { shape }: Named): string | undefined {
  if (missing !== undefined || message.includes('did you mean')) return undefined;
  if (key !== undefined) return path.length === 0 ? `Known are ${argumentNames(shape.schema)}.` : undefined;
  return message.endsWith('not null') ? 'Give a value, or leave the key out.' : undefined;
}

/** Arguments that are bare expressions (`that`, `var`). A Template among them was checked with its file. */
function checkExpressions(node: YamlNode, { shape }: Named): void {
  if (!isMapping(node.value)) return;
  for (const name of shape.expressions ?? []) {
    const value = node.value[name];
    if (value === undefined) continue;
    const path = [...node.path, name];
    const items = Array.isArray(value)
      ? (value as readonly Loaded[]).map((one, index) => ({ one, at: [...path, index] }))
      : [{ one: value, at: path }];
    for (const { one, at } of items) {
      if (!(one instanceof Template)) readConditions({ value: one, document: node.document, path: at });
    }
  }
}

/** A module with open arguments (set_fact) takes variables. */
function checkNames(node: YamlNode, schema: JsonSchema): void {
  if (!isMapping(node.value)) return;
  for (const name of Object.keys(node.value)) if (!isKnown(name, schema)) checkName(node, name);
}

function isKnown(key: string, schema: JsonSchema): boolean {
  return Object.hasOwn(schema.properties ?? {}, key);
}

function argumentNames(schema: JsonSchema): string {
  return Object.keys(schema.properties ?? {}).join(', ');
}
