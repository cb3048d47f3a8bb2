/** Thrown for what is no regular expression of Python's, or one that means something that cannot be said here. */
export class PatternError extends Error {}

/** A set of characters, by code points. */
export interface CharSet {
  readonly negated: boolean;
  /** from, up to and with */
  readonly ranges: readonly (readonly [number, number])[];
  /** `d`, `s`, `w`, and in capitals what is not of the kind */
  readonly kinds: readonly Kind[];
  /** what its kinds mean: of ASCII only */
  readonly ascii: boolean;
}

export type Kind = 'd' | 'D' | 's' | 'S' | 'w' | 'W';

/** Where something may stand without taking a character. */
export type Anchor =
  'start' | 'end' | 'line-start' | 'line-end' | 'last-line-end' | 'boundary' | 'no-boundary';

/** A regular expression taken apart. Flags are worked into it. */
export type Node =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly branches: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly body: Node;
      readonly min: number;
      readonly max: number;
      readonly mode: 'greedy' | 'lazy' | 'possessive';
    }
  | { readonly kind: 'capture'; readonly group: number; readonly body: Node }
  | { readonly kind: 'atomic'; readonly body: Node }
  | { readonly kind: 'look'; readonly ahead: boolean; readonly negated: boolean; readonly body: Node }
  | { readonly kind: 'anchor'; readonly anchor: Anchor; readonly ascii: boolean }
  | { readonly kind: 'reference'; readonly group: number; readonly ignoreCase: boolean };

export interface Pattern {
  readonly root: Node;
  /** how many groups it captures */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  /** the case counts nowhere in it, and letters are those of Unicode */
  readonly ignoresCase: boolean;
}

/** The shortest and longest text that a node matches. */
export type Width = readonly [min: number, max: number];

export function widthOf(node: Node, groups: ReadonlyMap<number, Width> = new Map()): Width {
  switch (node.kind) {
    case 'set':
      return [1, 1];
    case 'sequence':
      return node.items
        .map((item) => widthOf(item, groups))
        .reduce<Width>(([min, max], [low, high]) => [min + low, max + high], [0, 0]);
    case 'choice': {
      const widths = node.branches.map((branch) => widthOf(branch, groups));
      return [Math.min(...widths.map(([min]) => min)), Math.max(...widths.map(([, max]) => max))];
    }
    case 'repeat': {
      const [min, max] = widthOf(node.body, groups);
      return [min * node.min, max === 0 || node.max === 0 ? 0 : max * node.max];
    }
    case 'capture':
    case 'atomic':
      return widthOf(node.body, groups);
    case 'reference':
      return groups.get(node.group) ?? [0, Infinity];
    default:
      return [0, 0];
  }
}
