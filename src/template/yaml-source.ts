import { ConfigurationError, type Position } from '../errors.js';
import { alignScalar } from './place.js';
import type { TreeMap, TreeNode, TreePair, TreeScalar } from './yaml-tree.js';

/** A file's text, and what it was read as. */
export interface Source {
  readonly text: string;
  readonly root: TreeNode | null;
  /** where an offset of the text is */
  readonly place: (offset: number) => Position;
}

/** Finds the line and column of an offset in a text. */
export function textPlaces(text: string, file: string): (offset: number) => Position {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    let [first, last] = [0, starts.length - 1];
    while (first < last) {
      const middle = Math.ceil((first + last) / 2);
      if (starts[middle]! <= offset) first = middle;
      else last = middle - 1;
    }
    return { file, line: first + 1, col: offset - starts[first]! + 1 };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** What an alias names, and every other node itself. */
export function resolve(node: TreeNode, source: Source): Exclude<TreeNode, { kind: 'alias' }> {
  if (node.kind !== 'alias') return node;
  if (node.target === undefined)
    throw problem('this alias names no anchor', node, source, 'A value that starts with * needs quotes.');
  return resolve(node.target, source);
}

/** The pairs of a map by key, with its merge keys (`<<`) resolved: its own pairs win, then the first merged map that has the key. */
export function entriesOf(map: TreeMap, source: Source): [key: string, pair: TreePair][] {
  return mergedEntries(map, source, []);
}

function mergedEntries(map: TreeMap, source: Source, around: readonly TreeMap[]): [string, TreePair][] {
  if (around.includes(map)) throw problem('this map merges itself', map, source);
  const own = map.pairs
    .filter((pair) => !isMergeKey(pair))
    .map((pair): [string, TreePair] => [keyOf(pair, source), pair]);
  if (own.length === map.pairs.length) return own;
  const seen = new Set(own.map(([key]) => key));
  const inherited: [string, TreePair][] = [];
  for (const pair of map.pairs.filter(isMergeKey)) {
    for (const merged of mergedMaps(pair, source)) {
      for (const entry of mergedEntries(merged, source, [...around, map])) {
        if (seen.has(entry[0])) continue;
        seen.add(entry[0]);
        inherited.push(entry);
      }
    }
  }
  return [...inherited, ...own];
}

function isMergeKey([key]: TreePair): boolean {
  return key?.kind === 'scalar' && key.value === '<<' && key.style === 'plain';
}

function mergedMaps([key, value]: TreePair, source: Source): TreeMap[] {
  const target = value && resolve(value, source);
  const maps = target?.kind === 'seq' ? target.items.map((item) => resolve(item, source)) : [target];
  return maps.map((map) => {
    if (map?.kind === 'map') return map;
    throw problem('"<<" takes a map or a list of maps', key, source, 'Name an anchored map: "<<: *name".');
  });
}

function keyOf([key, value]: TreePair, source: Source): string {
  const scalar = key && resolve(key, source);
  const isNull = scalar?.kind === 'scalar' && scalar.value === null;
  if (scalar?.kind === 'scalar' && !isNull) return sourceOf(scalar);
  const at = scalar ?? value;
  const hint =
    'A key is a word before ": ". A value that starts with { or [ and is meant as text needs quotes.';
  if (at === null || isNull) throw problem('a key is missing here', at, source, hint);
  throw problem('a map or a list cannot be a key', at, source, hint);
}

/** A scalar as it is written; one in quotes or in a block as what it holds. */
export function sourceOf({ source, value }: TreeScalar): string {
  return source ?? String(value);
}

/** Where the characters of a string stand, by their offset in it. */
export function placesOf(node: TreeScalar, value: string, source: Source): (offset: number) => Position {
  let offsets: Uint32Array | undefined;
  return (offset) => {
    offsets ??= alignScalar(value, source.text, textStart(node, source.text), node.style);
    return source.place(offsets[Math.min(Math.max(offset, 0), value.length)]!);
  };
}

/** Where a scalar's first character stands, behind its quote or its block's header. */
export function textStart({ start, style }: TreeScalar, text: string): number {
  if (style === 'plain') return start;
  return style === 'block' ? text.indexOf('\n', start) + 1 : start + 1;
}

export function positionOf(node: TreeNode | null, source: Source): Position {
  if (node === null) return source.place(0);
  if (node.kind !== 'scalar' || node.style !== 'block') return source.place(node.start);
  // A block scalar's first line of text tells more than its header.
  const start = textStart(node, source.text);
  return source.place(start + (/^\s*/.exec(source.text.slice(start, node.end))?.[0].length ?? 0));
}

export function problem(
  message: string,
  node: TreeNode | null,
  source: Source,
  hint?: string,
): ConfigurationError {
  return new ConfigurationError(message, { position: positionOf(node, source), hint });
}
