import { ConfigurationError, formatPosition, type Position } from '../errors.js';
import { validate, type Problem } from '../schema.js';
import { Template } from '../template/template.js';
import { isList, isMapping, showKind, wrong, wrongKey, type Mapping, type YamlNode } from './node.js';
import type { Shape } from './schema.js';

/**
 * Hold a mapping of the playbook language (a play, a task, ...) against its shape.
 * @param own keys that stand for something else: a task's module
 * @throws ConfigurationError at the key or value that is wrong
 */
export function checkShape(node: YamlNode, shape: Shape, own: readonly string[] = []): Mapping {
  const { value } = node;
  if (!isMapping(value))
    throw wrong(node, `${shape.what} must be a mapping, not ${showKind(value)}`, shape.example);
  for (const key of Object.keys(value)) {
    if (own.includes(key) || !Object.hasOwn(shape.foreign, key)) continue;
    throw wrongKey(node, key, `"${key}" is not supported in ${shape.what}`, shape.foreign[key]);
  }
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !own.includes(key)));
  refuse(node, validate(shape.schema, rest), (problem) => ({
    message: explain(problem, shape),
    hint: hintFor(problem, shape),
  }));
  for (const key of shape.literal) refuseTemplates(node, key, value[key]);
  return value;
}

export interface Told {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Throw the first of some problems with a value; the others of the same value are named below it. */
export function refuse(node: YamlNode, problems: readonly Problem[], tell: (problem: Problem) => Told): void {
  if (problems.length > 0) throw refusal(problems, (problem) => positionOf(node, problem), tell);
}

export function refusal(
  problems: readonly Problem[],
  placeOf: (problem: Problem) => Position,
  tell: (problem: Problem) => Told,
): ConfigurationError {
  const found = problems.map((problem) => ({ position: placeOf(problem), ...tell(problem) }));
  const [first, ...others] = found.sort(
    (a, b) => a.position.line - b.position.line || a.position.col - b.position.col,
  );
  return new ConfigurationError(first!.message, {
    position: first!.position,
    hint: first!.hint,
    detail: others.map(({ position, message }) => `${formatPosition(position)}: ${message}`),
  });
}

function positionOf(node: YamlNode, { path, key }: Problem): Position {
  const full = [...node.path, ...path];
  return key === undefined ? node.document.at(full) : node.document.keyAt([...full, key]);
}

function explain({ path, message, key, missing }: Problem, shape: Shape): string {
  const inner = path.length > 0 ? `"${path.join('.')}"` : '';
  if (key !== undefined) return `${message} in ${inner || shape.what}`;
  if (missing !== undefined) return `${inner || shape.what} lacks "${missing}"`;
  return inner === '' ? message : `${inner} ${message}`;
}

function hintFor({ path, key, missing }: Problem, shape: Shape): string | undefined {
  if (missing !== undefined && path.length === 0) return shape.example;
  return key === undefined || path.length > 0 ? shape.hints?.[String(path[0])] : undefined;
}

function refuseTemplates(node: YamlNode, key: string, value: Mapping[string] | undefined): void {
  const templates = value === undefined ? [] : isList(value) ? value : [value];
  const index = templates.findIndex((one) => one instanceof Template);
  if (index < 0) return;
  const at = { ...node, path: [...node.path, key, ...(isList(value!) ? [index] : [])] };
  throw wrong(
    at,
    `"${key}" cannot be a template`,
    'It is used before any host is known: write the value itself.',
  );
}
