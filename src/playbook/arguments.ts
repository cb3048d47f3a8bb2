import { ConfigurationError, type Position } from '../errors.js';
import { coerce } from '../coerce.js';
import { validate, type JsonSchema, type Problem } from '../schema.js';
import { Template, type Loaded } from '../template/template.js';
import {
  argumentNames,
  argumentsOf,
  isKnown,
  type Arguments,
  type NamedShape,
  type Path,
} from './argument-forms.js';
import { refusal } from './check-shape.js';
import { readConditions } from './expressions.js';
import { isMapping, wrong, type Mapping, type YamlNode } from './node.js';
import { checkName } from './variables.js';

/**
 * Take the arguments of a module in any of Ansible's forms and hold them against its schema:
 * a mapping, `name=nginx state=present`, the free form of a module that has one, with `args:` beside it.
 * @throws ConfigurationError at the offending key or value
 */
export function readArguments(node: YamlNode, module: NamedShape, beside: YamlNode | undefined): Arguments {
  const written = withBeside(argumentsOf(node, module), beside, module);
  if (written.value instanceof Template) return written;
  const given = { ...written, value: coerce(module.shape.schema, written.value) as Loaded };
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

function withBeside(given: Arguments, beside: YamlNode | undefined, module: NamedShape): Arguments {
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

function explain({ path, message, key, missing }: Problem, module: NamedShape): string {
  const inner = path.length > 0 ? `"${path.join('.')}" ` : '';
  if (key !== undefined) return `${module.name}: ${message}${inner === '' ? '' : ` in ${inner.trim()}`}`;
  if (missing !== undefined) return `${module.name}${inner === '' ? ' ' : `: ${inner}`}lacks "${missing}"`;
  return `${module.name}: ${inner}${message}`;
}

function hintFor({ message, path, key, missing }: Problem, { shape }: NamedShape): string | undefined {
  if (missing !== undefined || message.includes('did you mean')) return undefined;
  if (key !== undefined) return path.length === 0 ? `Known are ${argumentNames(shape.schema)}.` : undefined;
  return message.endsWith('not null') ? 'Give a value, or leave the key out.' : undefined;
}

/** Arguments that are bare expressions (`that`, `var`). A Template among them was checked with its file. */
function checkExpressions(node: YamlNode, { shape }: NamedShape): void {
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
