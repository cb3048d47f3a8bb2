import {
  LineCounter,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type ParsedNode,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { ConfigurationError, type Position } from '../errors.js';
import { alignScalar, type ScalarStyle } from './place.js';
import { Template, Vaulted, type Loaded } from './template.js';
import { explainYamlError } from './yaml-problem.js';
import { ansibleTags } from './yaml-tags.js';

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

export interface YamlOptions {
  /** how `!vault` values are opened; left out, using one is an error */
  readonly openVault?: ((ciphertext: string, position: Position) => string) | undefined;
  /** `data`: nothing becomes a Template, as if all were `!unsafe` */
  readonly trust?: 'templates' | 'data';
}

/**
 * Read a YAML file of the user. Strings with `<%` become Templates that know their place, `!vault` values Vaulted.
 * @param file its name for messages
 * @throws ConfigurationError with file:line:col when it is not one well-formed document
 */
export function loadYaml(text: string, file: string, options: YamlOptions = {}): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
    customTags: ansibleTags,
    logLevel: 'error',
  });
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), col: Math.max(1, col) };
  };
  const wrong = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (wrong) throw yamlError(wrong, text, place);

  const source: Source = {
    text,
    place,
    document,
    options,
    done: new Map(),
    open: new Set(),
    indexes: new Map(),
  };
  const root = document.contents;
  return {
    value: root === null ? null : convert(root, source, options.trust === 'data'),
    isEmpty: root === null || (isScalar(root) && root.value === null && root.source === ''),
    at: (path) => find(path, source).value,
    keyAt: (path) => find(path, source).key,
    placesOf: (path) => placesOf(find(path, source), source),
    isUnsafe: (path) =>
      [[], ...path.map((_, index) => path.slice(0, index + 1))].some(
        (one) => find(one, source).node?.tag === '!unsafe',
      ),
  };
}

/** Does a text hold what Jinja, Ansible's template language, would expand? For hints only: it may be meant as it is. */
export function looksLikeJinja(text: string): boolean {
  return /\{\{.*\}\}|\{%.*%\}/s.test(text);
}

interface Source {
  readonly text: string;
  readonly place: (offset: number) => Position;
  readonly document: Document.Parsed;
  readonly options: YamlOptions;
  /** anchored nodes are converted once and shared by their aliases, however often they are named */
  readonly done: Map<Node, Loaded>;
  readonly open: Set<Node>;
  /** the pairs of maps by key, of those that a path has led through */
  readonly indexes: Map<YAMLMap, ReadonlyMap<string, Pair>>;
}

function yamlError(error: YAMLError, text: string, place: (offset: number) => Position): ConfigurationError {
  const offset = Math.max(0, error.pos[0]);
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd);
  const { message, hint } = explainYamlError(error, line);
  return new ConfigurationError(`not valid YAML: ${message}`, { position: place(offset), hint });
}

function convert(node: Node, source: Source, data: boolean): Loaded {
  if (isAlias(node)) return convert(resolve(node, source), source, data);
  const known = source.done.get(node);
  if (known !== undefined) return known;
  if (source.open.has(node)) throw problem('this alias stands inside of what it names', node, source);
  source.open.add(node);
  const value = convertNew(node, source, data || node.tag === '!unsafe');
  source.open.delete(node);
  if (!isScalar(node) || node.anchor !== undefined) source.done.set(node, value);
  return value;
}

function convertNew(node: Node, source: Source, data: boolean): Loaded {
  if (isScalar(node)) return convertScalar(node, source, data);
  if (isSeq(node)) return Object.freeze(node.items.map((item) => convert(item as Node, source, data)));
  if (isMap(node)) return convertMap(node, source, data);
  throw problem('this cannot be read', node, source);
}

function convertScalar(node: Scalar, source: Source, data: boolean): Loaded {
  const { value } = node;
  if (node.tag === '!vault') return vaulted(node, source);
  if (typeof value === 'string') return data || !value.includes('<%') ? value : template(node, value, source);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  throw problem('a value of this type is not supported', node, source);
}

function vaulted(node: Scalar, source: Source): Vaulted {
  const ciphertext = String(node.value);
  const position = positionOf(node, source);
  const { openVault } = source.options;
  let opened: string | undefined;
  return new Vaulted(ciphertext, position, openVault && (() => (opened ??= openVault(ciphertext, position))));
}

function template(node: Scalar, value: string, source: Source): Template {
  const place = placesIn(node, value, source);
  const style = styleOf(node);
  return new Template(
    value,
    style === 'block' ? place(0) : source.place(textStart(node, style, source.text)),
    place,
  );
}

function placesIn(node: Scalar, value: string, source: Source): (offset: number) => Position {
  let offsets: Uint32Array | undefined;
  return (offset) => {
    if (!offsets) {
      const style = styleOf(node);
      offsets = alignScalar(value, source.text, textStart(node, style, source.text), style);
    }
    return source.place(offsets[Math.min(Math.max(offset, 0), value.length)]!);
  };
}

function styleOf(node: Scalar): ScalarStyle {
  switch (node.type) {
    case 'QUOTE_DOUBLE':
      return 'double';
    case 'QUOTE_SINGLE':
      return 'single';
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL':
      return 'block';
    default:
      return 'plain';
  }
}

function textStart(node: Scalar, style: ScalarStyle, text: string): number {
  const start = node.range?.[0] ?? 0;
  if (style === 'plain') return start;
  return style === 'block' ? text.indexOf('\n', start) + 1 : start + 1;
}

function convertMap(node: YAMLMap, source: Source, data: boolean): Loaded {
  const map: Record<string, Loaded> = {};
  for (const pair of pairsOf(node, source)) {
    const value = pair.value === null ? null : convert(pair.value as Node, source, data);
    const key = keyOf(pair, source);
    // A plain assignment to __proto__ would change the object instead of adding a key.
    if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true });
    else map[key] = value;
  }
  return Object.freeze(map);
}

/** The pairs of a map with its merge keys (`<<`) resolved: its own pairs win, then the first merged map that has the key. */
function pairsOf(node: YAMLMap, source: Source): Pair[] {
  const own = node.items.filter((pair) => !isMergeKey(pair));
  if (own.length === node.items.length) return own;
  const seen = new Set(own.map((pair) => keyOf(pair, source)));
  const merged = node.items.filter(isMergeKey).flatMap((pair) => mergedMaps(pair, source));
  const inherited: Pair[] = [];
  for (const map of merged) {
    if (source.open.has(map)) throw problem('this map merges itself', map, source);
    source.open.add(map);
    const pairs = pairsOf(map, source);
    source.open.delete(map);
    for (const pair of pairs) {
      const key = keyOf(pair, source);
      if (seen.has(key)) continue;
      seen.add(key);
      inherited.push(pair);
    }
  }
  return [...inherited, ...own];
}

function isMergeKey(pair: Pair): boolean {
  return (
    isScalar(pair.key) &&
    pair.key.value === '<<' &&
    (pair.key.type === 'PLAIN' || pair.key.type === undefined)
  );
}

function mergedMaps(pair: Pair, source: Source): YAMLMap[] {
  const value = pair.value as Node | null;
  const target = isAlias(value) ? resolve(value, source) : value;
  const maps = isSeq(target)
    ? target.items.map((item) => (isAlias(item) ? resolve(item, source) : item))
    : [target];
  return maps.map((map) => {
    if (isMap(map)) return map;
    throw problem(
      '"<<" takes a map or a list of maps',
      pair.key as Node,
      source,
      'Name an anchored map: "<<: *name".',
    );
  });
}

function keyOf(pair: Pair, source: Source): string {
  const key = pair.key as Node | null;
  const scalar = isAlias(key) ? resolve(key, source) : key;
  if (isScalar(scalar) && scalar.value !== null) {
    return scalar.type === 'PLAIN' && scalar.source !== undefined ? scalar.source : String(scalar.value);
  }
  const at = scalar ?? (pair.value as Node | null);
  const hint =
    'A key is a word before ": ". A value that starts with { or [ and is meant as text needs quotes.';
  if (at === null || (isScalar(scalar) && scalar.value === null))
    throw problem('a key is missing here', at, source, hint);
  throw problem('a map or a list cannot be a key', at, source, hint);
}

function resolve(alias: Node, source: Source): Node {
  const target = isAlias(alias) ? alias.resolve(source.document) : alias;
  if (target === undefined)
    throw problem('this alias names no anchor', alias, source, 'A value that starts with * needs quotes.');
  return target;
}

function problem(message: string, node: Node | null, source: Source, hint?: string): ConfigurationError {
  return new ConfigurationError(message, { position: positionOf(node, source), hint });
}

interface Place {
  readonly node: Node | null;
  readonly key: Position;
  readonly value: Position;
}

function placesOf(place: Place, source: Source): (offset: number) => Position {
  const node = isAlias(place.node) ? resolve(place.node, source) : place.node;
  if (isScalar(node) && typeof node.value === 'string') return placesIn(node, node.value, source);
  return () => place.value;
}

function find(path: readonly (string | number)[], source: Source): Place {
  let node: Node | null = source.document.contents;
  let place: Place = { node, key: positionOf(node, source), value: positionOf(node, source) };
  for (const step of path) {
    const next: Pair | Node | undefined = stepInto(node, step, source);
    if (next === undefined) break;
    if (isPair(next)) {
      node = next.value as Node | null;
      const key = positionOf(next.key as Node, source);
      place = { node, key, value: hasText(node) ? positionOf(node, source) : key };
    } else {
      node = next;
      place = { node, key: positionOf(node, source), value: positionOf(node, source) };
    }
  }
  return place;
}

function stepInto(node: Node | null, step: string | number, source: Source): Pair | Node | undefined {
  const target = node !== null && isAlias(node) ? resolve(node, source) : node;
  if (isMap(target)) return indexOf(target, source).get(String(step));
  if (isSeq(target)) return target.items[Number(step)] as Node | undefined;
  return undefined;
}

function indexOf(map: YAMLMap, source: Source): ReadonlyMap<string, Pair> {
  let index = source.indexes.get(map);
  if (!index) {
    index = new Map(pairsOf(map, source).map((pair) => [keyOf(pair, source), pair]));
    source.indexes.set(map, index);
  }
  return index;
}

function hasText(node: Node | null): boolean {
  return node !== null && !(isScalar(node) && node.value === null && node.source === '');
}

function positionOf(node: Node | null, source: Source): Position {
  const range = (node as ParsedNode | null)?.range;
  if (!range) return source.place(0);
  if (!isScalar(node)) return source.place(range[0]);
  const style = styleOf(node);
  // A block scalar's first line of text tells more than its header.
  if (style !== 'block') return source.place(range[0]);
  const start = textStart(node, style, source.text);
  return source.place(start + (/^\s*/.exec(source.text.slice(start, range[1]))?.[0].length ?? 0));
}
