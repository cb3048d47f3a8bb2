import { ConfigurationError, type Position } from '../errors.js';
import { Template, type Loaded } from '../template/template.js';
import type { YamlDocument } from '../template/yaml.js';

/** A value in a YAML file of the user, and the way to it. */
export interface YamlNode {
  readonly value: Loaded;
  readonly document: YamlDocument;
  readonly path: readonly (string | number)[];
}

export type Mapping = Readonly<Record<string, Loaded>>;

/** The value of a key of a mapping, or undefined where the mapping lacks it. */
export function childOf(node: YamlNode, key: string): YamlNode | undefined {
  if (!isMapping(node.value) || !Object.hasOwn(node.value, key)) return undefined;
  return { value: node.value[key]!, document: node.document, path: [...node.path, key] };
}

/** A mapping in which `ansible.builtin.NAME` and `ansible.legacy.NAME` are NAME, for these names. Places stay those of the file. */
export function withoutCollection(node: YamlNode, names: readonly string[]): YamlNode {
  const { value, document, path } = node;
  if (!isMapping(value)) return node;
  const full = Object.keys(value).find((key) => names.includes(PREFIX.exec(key)?.[1] ?? ''));
  const name = full === undefined ? undefined : PREFIX.exec(full)![1]!;
  if (full === undefined || name === undefined || Object.hasOwn(value, name)) return node;
  const renamed = Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key === full ? name : key, one]),
  );
  const written = (given: YamlNode['path']): YamlNode['path'] =>
    given[path.length] === name && path.every((step, index) => given[index] === step)
      ? given.with(path.length, full)
      : given;
  return {
    value: renamed,
    path,
    document: {
      ...document,
      at: (given) => document.at(written(given)),
      keyAt: (given) => document.keyAt(written(given)),
      placesOf: (given) => document.placesOf(written(given)),
      isUnsafe: (given) => document.isUnsafe(written(given)),
    },
  };
}

const PREFIX = /^ansible\.(?:builtin|legacy)\.(\w+)$/;

/** The items of a list; of anything else the value itself, as Ansible takes `tags: web` for `tags: [web]`. */
export function itemsOf(node: YamlNode): YamlNode[] {
  if (!isList(node.value)) return [node];
  return node.value.map((value, index) => ({ value, document: node.document, path: [...node.path, index] }));
}

export function entriesOf(node: YamlNode): [string, YamlNode][] {
  if (!isMapping(node.value)) return [];
  return Object.entries(node.value).map(([key, value]) => [
    key,
    { value, document: node.document, path: [...node.path, key] },
  ]);
}

export function placeOf(node: YamlNode): Position {
  return node.document.at(node.path);
}

export function isMapping(value: Loaded): value is Mapping {
  return typeof value === 'object' && value !== null && !(value instanceof Template) && !isList(value);
}

export function isList(value: Loaded): value is readonly Loaded[] {
  return Array.isArray(value);
}

/** The error that this value is wrong. */
export function wrong(node: YamlNode, message: string, hint?: string): ConfigurationError {
  return new ConfigurationError(message, { position: placeOf(node), hint });
}

/** The error that this key of a mapping is wrong. */
export function wrongKey(node: YamlNode, key: string, message: string, hint?: string): ConfigurationError {
  return new ConfigurationError(message, { position: node.document.keyAt([...node.path, key]), hint });
}

/** What a value is, for people: `a list`, `"text"`, `3`. */
export function showKind(value: Loaded): string {
  if (value === null) return 'nothing';
  if (value instanceof Template) return 'a template';
  if (typeof value === 'object') return isList(value) ? 'a list' : 'a mapping';
  return JSON.stringify(value);
}
