import type { YAMLError } from 'yaml';
import { ConfigurationError, type Position } from '../errors.js';
import type { Loaded } from './template.js';
import { explainYamlError } from './yaml-problem.js';
import {
  entriesOf,
  placesOf,
  positionOf,
  resolve,
  sourceOf,
  textPlaces,
  type Source,
} from './yaml-source.js';
import { parseTree, type TreeMap, type TreeNode, type TreePair } from './yaml-tree.js';
import { valueOf, type Conversion } from './yaml-values.js';

export interface YamlDocument {
  /** frozen all through; null when the file holds nothing */
  readonly value: Loaded;
  /** nothing but blanks and comments */
  readonly isEmpty: boolean;
  /** Where the value at a path (keys and indexes from the root) starts. A path that leads nowhere gives the last place on the way. */
  at(path: readonly (string | number)[]): Position;
  /** Where the key of the last step of a path stands; for a list's item, the item. */
  keyAt(path: readonly (string | number)[]): Position;
  /** Where the characters of the string at a path stand, by their offset in it. */
  placesOf(path: readonly (string | number)[]): (offset: number) => Position;
  /** Is the value at a path, or one around it, tagged `!unsafe`: meant as it is written? */
  isUnsafe(path: readonly (string | number)[]): boolean;
}

/** Trees of texts that were read before: of those that are one document, and can be written down. */
export interface KeptTrees {
  /** undefined: this text is not kept */
  get(text: string): TreeNode | null | undefined;
  put(text: string, root: TreeNode | null): void;
}

export interface YamlOptions extends Conversion {
  /** reading a text again costs a fraction where its tree is kept */
  readonly kept?: KeptTrees | undefined;
  /** told of each key that stands twice in a map: the last counts. Left out: it is an error */
  readonly foundTwice?: ((key: string, position: Position) => void) | undefined;
}

/**
 * Read a YAML file of the user. Strings with `<%` become Templates that know their place, `!vault` values Vaulted.
 * @param file its name for messages
 * @throws ConfigurationError with file:line:col when it is not one well-formed document
 */
export function loadYaml(text: string, file: string, options: YamlOptions = {}): YamlDocument {
  const place = textPlaces(text, file);
  const source: Source = { text, place, root: rootOf(text, place, options) };
  if (options.foundTwice && source.root) findTwice(source.root, source, options.foundTwice);
  const find = finderIn(source);
  return {
    value: valueOf(source, options),
    isEmpty: !hasText(source.root),
    at: (path) => find(path).value,
    keyAt: (path) => find(path).key,
    placesOf(path) {
      const { node, value } = find(path);
      const scalar = node && resolve(node, source);
      return scalar?.kind === 'scalar' && typeof scalar.value === 'string'
        ? placesOf(scalar, scalar.value, source)
        : () => value;
    },
    isUnsafe: (path) =>
      [[], ...path.map((_, index) => path.slice(0, index + 1))].some(
        (one) => find(one).node?.tag === '!unsafe',
      ),
  };
}

function rootOf(
  text: string,
  place: (offset: number) => Position,
  { kept, foundTwice }: YamlOptions,
): TreeNode | null {
  const known = kept?.get(text);
  if (known !== undefined) return known;
  const { root, wrong, isPlain } = parseTree(text, foundTwice ? 'last counts' : 'wrong');
  if (wrong) throw yamlError(wrong, text, place);
  if (isPlain) kept?.put(text, root);
  return root;
}

function findTwice(
  node: TreeNode | null,
  source: Source,
  tell: (key: string, position: Position) => void,
): void {
  if (node?.kind === 'seq') for (const item of node.items) findTwice(item, source, tell);
  if (node?.kind !== 'map') return;
  const seen = new Set<string>();
  for (const [key, value] of node.pairs) {
    const name = key?.kind === 'scalar' ? sourceOf(key) : undefined;
    if (name !== undefined && name !== '<<' && seen.has(name)) tell(name, positionOf(key, source));
    if (name !== undefined) seen.add(name);
    findTwice(value, source, tell);
  }
}

interface Found {
  readonly node: TreeNode | null;
  readonly key: Position;
  readonly value: Position;
}

/** Finds what a path leads to, as far as it leads. */
function finderIn(source: Source): (path: readonly (string | number)[]) => Found {
  /** of those maps that a path has led through */
  const indexes = new Map<TreeMap, ReadonlyMap<string, TreePair>>();
  return (path) => {
    let found = itself(source.root);
    for (const step of path) {
      const next = found.node && stepInto(resolve(found.node, source), step);
      if (!next) break;
      found = next;
    }
    return found;
  };

  function itself(node: TreeNode | null): Found {
    const position = positionOf(node, source);
    return { node, key: position, value: position };
  }

  function stepInto(node: TreeNode, step: string | number): Found | undefined {
    if (node.kind === 'seq') {
      const item = node.items[Number(step)];
      return item && itself(item);
    }
    const pair = node.kind === 'map' ? indexOf(node).get(String(step)) : undefined;
    if (!pair) return undefined;
    const [name, value] = pair;
    const key = positionOf(name, source);
    return { node: value, key, value: hasText(value) ? positionOf(value, source) : key };
  }

  function indexOf(map: TreeMap): ReadonlyMap<string, TreePair> {
    const index = indexes.get(map) ?? new Map(entriesOf(map, source));
    indexes.set(map, index);
    return index;
  }
}

function hasText(node: TreeNode | null): boolean {
  return node !== null && !(node.kind === 'scalar' && node.value === null && sourceOf(node) === '');
}

function yamlError(error: YAMLError, text: string, place: (offset: number) => Position): ConfigurationError {
  const offset = Math.max(0, error.pos[0]);
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd);
  const { message, hint } = explainYamlError(error, line);
  return new ConfigurationError(`not valid YAML: ${message}`, { position: place(offset), hint });
}
