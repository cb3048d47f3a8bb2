import {
  isAlias,
  isScalar,
  isSeq,
  parseDocument,
  type Node,
  type ParsedNode,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { ScalarStyle } from './place.js';
import { ansibleTags, jsonTags } from './yaml-tags.js';

/**
 * A YAML document as plain data: what its values and the places in messages are made of. One without aliases can be written down as JSON.
 * Offsets count characters of the text.
 */
export type TreeNode = TreeScalar | TreeMap | TreeSeq | TreeAlias;

interface Base {
  readonly start: number;
  readonly end: number;
  readonly tag?: string;
}

export interface TreeScalar extends Base {
  readonly kind: 'scalar';
  readonly style: ScalarStyle;
  readonly value: unknown;
  /** as it is written, where that is not what its value reads as: `yes`, `0x10`, nothing at all */
  readonly source?: string;
}

export interface TreeMap extends Base {
  readonly kind: 'map';
  readonly pairs: readonly TreePair[];
}

export type TreePair = readonly [key: TreeNode | null, value: TreeNode | null];

export interface TreeSeq extends Base {
  readonly kind: 'seq';
  readonly items: readonly TreeNode[];
}

/** undefined: it names no anchor */
export interface TreeAlias extends Base {
  readonly kind: 'alias';
  readonly target: TreeNode | undefined;
}

export interface Parsed {
  /** null: nothing but blanks and comments */
  readonly root: TreeNode | null;
  /** the first thing in the text that is wrong */
  readonly wrong: YAMLError | undefined;
  /** JSON gives it back as it is */
  readonly isPlain: boolean;
}

/** Read a text as one YAML document. @param doubleKeys what is to be made of a key that a map has twice */
export function parseTree(text: string, doubleKeys: 'wrong' | 'last counts' = 'wrong'): Parsed {
  const document = parseDocument(text, {
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
    customTags: isJson(text) ? jsonTags : ansibleTags,
    logLevel: 'error',
    uniqueKeys: doubleKeys === 'wrong',
  });
  const wrong = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (wrong) return { root: null, wrong, isPlain: false };
  let isPlain = true;
  const made = new Map<Node, TreeNode>();
  const root = document.contents === null ? null : treeOf(document.contents);
  return { root, wrong: undefined, isPlain };

  function treeOf(node: Node): TreeNode {
    const base = baseOf(node);
    if (isScalar(node)) return put(node, scalarOf(node, base));
    if (isAlias(node)) {
      isPlain = false;
      const named = node.resolve(document);
      return { ...base, kind: 'alias', target: named && made.get(named) };
    }
    // An alias inside of a list or map may name that itself.
    if (isSeq(node)) {
      const items: TreeNode[] = [];
      const seq = put(node, { ...base, kind: 'seq', items });
      for (const item of node.items) items.push(treeOf(item as Node));
      return seq;
    }
    const pairs: TreePair[] = [];
    const map = put(node, { ...base, kind: 'map', pairs });
    for (const { key, value } of (node as YAMLMap<Node | null, Node | null>).items)
      pairs.push([key && treeOf(key), value && treeOf(value)]);
    return map;
  }

  function scalarOf(node: Scalar, base: Base): TreeScalar {
    const { value, source } = node;
    isPlain &&= isPlainValue(value);
    const style = styleOf(node);
    const shown = style === 'plain' && source !== undefined && source !== String(value) ? { source } : {};
    return { ...base, kind: 'scalar', style, value, ...shown };
  }

  function put(node: Node, tree: TreeNode): TreeNode {
    if (node.anchor !== undefined) made.set(node, tree);
    return tree;
  }
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function baseOf(node: Node): Base {
  const [start, end] = (node as ParsedNode).range ?? [0, 0];
  const base = { start, end };
  return node.tag === undefined ? base : { ...base, tag: node.tag };
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

function isPlainValue(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === 'string' || typeof value === 'boolean' || value === null;
}
