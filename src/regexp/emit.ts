import {
  PatternError,
  widthOf,
  type Anchor,
  type CharSet,
  type Kind,
  type Node,
  type Pattern,
} from './syntax.js';

/** How something is written in the language of a regular expression that is not Python's. */
export interface Dialect {
  /** a character that may stand alone and in sets, whatever it is */
  readonly char: (code: number) => string;
  readonly any: string;
  readonly start: string;
  readonly end: string;
  /** a way to write atomic groups; left out: by looking ahead and referring to what was seen */
  readonly atomic?: (body: string) => string;
}

export const javascript: Dialect = {
  char: (code) => (isWord(code) ? String.fromCharCode(code) : `\\u{${code.toString(16)}}`),
  any: '[^]',
  start: '^',
  end: '$',
};

function isWord(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

export interface Emitted {
  readonly source: string;
  /** by number of Python's group: that of the same here */
  readonly groups: readonly number[];
  /** groups of Python's that may hold something else here: those in repetitions that do not set them each time */
  readonly uncertain: ReadonlySet<number>;
  /** it needs the flag by which the case does not count */
  readonly ignoreCase: boolean;
}

/** The same expression in another language. @throws PatternError where there is none that means the same */
export function emitPattern({ root, groups, ignoresCase }: Pattern, dialect: Dialect): Emitted {
  const emitter = new Emitter(dialect, groups);
  const source = emitter.emit(root, new Set());
  const { numbers, uncertain, ignoreCase } = emitter;
  if (ignoreCase && !ignoresCase)
    throw new PatternError(
      'a reference to a group where the case does not count is supported only with (?i) for the whole expression',
    );
  return { source, groups: numbers, uncertain, ignoreCase };
}

class Emitter {
  readonly numbers: number[];
  readonly uncertain = new Set<number>();
  /** somewhere what a group holds is looked for in any case */
  ignoreCase = false;
  readonly #dialect: Dialect;
  #count = 0;
  #behind = false;

  constructor(dialect: Dialect, groups: number) {
    this.#dialect = dialect;
    this.numbers = Array.from({ length: groups + 1 }, () => 0);
  }

  /** @param known groups that have surely been found before; those that surely are from here on are added */
  emit(node: Node, known: Set<number>): string {
    switch (node.kind) {
      case 'set':
        return this.#set(node.set);
      case 'sequence':
        return node.items.map((item) => this.#item(item, known)).join('');
      case 'choice':
        return node.branches.map((branch) => this.emit(branch, new Set(known))).join('|');
      case 'repeat':
        return this.#repeat(node, known);
      case 'capture': {
        const number = (this.numbers[node.group] = this.#count += 1);
        const body = this.emit(node.body, known);
        known.add(node.group);
        return number > 0 ? `(${body})` : body;
      }
      case 'atomic':
        return this.#atomic(() => this.emit(node.body, known));
      case 'look': {
        const outer = this.#behind;
        this.#behind ||= !node.ahead;
        const body = this.emit(node.body, node.negated ? new Set(known) : known);
        this.#behind = outer;
        return `(?${node.ahead ? '' : '<'}${node.negated ? '!' : '='}${body})`;
      }
      case 'anchor':
        return this.#anchor(node.anchor, node.ascii);
      case 'reference':
        if (!known.has(node.group))
          throw new PatternError(
            `a reference to group ${node.group}, which may not have been found by then, is not supported`,
          );
        this.ignoreCase ||= node.ignoreCase;
        return `(?:\\${this.numbers[node.group]!})`;
    }
  }

  #item(node: Node, known: Set<number>): string {
    const text = this.emit(node, known);
    return node.kind === 'choice' ? `(?:${text})` : text;
  }

  #repeat({ body, min, max, mode }: Extract<Node, { kind: 'repeat' }>, known: Set<number>): string {
    const inner = new Set(known);
    if (mode === 'possessive')
      return this.#atomic(() => {
        // Each turn for itself, as Python takes them.
        const each = body.kind === 'set' ? this.#set(body.set) : this.#atomic(() => this.emit(body, inner));
        this.#settle(body, { min, max, known, inner });
        return `(?:${each})${bounds(min, max)}`;
      });
    const text = this.emit(body, inner);
    this.#settle(body, { min, max, known, inner });
    if (max > min && mode === 'greedy' && widthOf(body)[0] === 0 && !isEmptyLast(body))
      throw new PatternError('a repetition of what may be empty before something else is not supported');
    const unit = body.kind === 'set' ? text : `(?:${text})`;
    return `${unit}${bounds(min, max)}${mode === 'lazy' ? '?' : ''}`;
  }

  /** What is known of groups behind a repetition. */
  #settle(
    body: Node,
    { min, max, known, inner }: { min: number; max: number; known: Set<number>; inner: ReadonlySet<number> },
  ): void {
    const mayBeEmpty = widthOf(body)[0] === 0;
    for (const group of groupsIn(body)) {
      const isCertain =
        !this.uncertain.has(group) && (max <= 1 ? min > 0 || !mayBeEmpty : inner.has(group) && !mayBeEmpty);
      if (!isCertain) this.uncertain.add(group);
      else if (min > 0 && inner.has(group)) known.add(group);
      if (!isCertain) known.delete(group);
    }
  }

  #atomic(body: () => string): string {
    if (this.#dialect.atomic) return this.#dialect.atomic(body());
    if (this.#behind) throw new PatternError('an atomic group inside of a lookbehind is not supported');
    const number = (this.#count += 1);
    return `(?=(${body()}))(?:\\${number})`;
  }

  #anchor(anchor: Anchor, ascii: boolean): string {
    const { start, end, any } = this.#dialect;
    const newline = this.#dialect.char(10);
    switch (anchor) {
      case 'start':
        return start;
      case 'end':
        return end;
      case 'line-start':
        return `(?:${start}|(?<=${newline}))`;
      case 'line-end':
        return `(?=${newline}|${end})`;
      case 'last-line-end':
        return `(?=${newline}?${end})`;
      case 'boundary':
      case 'no-boundary': {
        const word = this.#set({ negated: false, ranges: [], kinds: ['w'], ascii });
        if (anchor === 'boundary') return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
        // In a text that is empty Python finds none.
        return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})(?:(?=${any})|(?<=${any})))`;
      }
    }
  }

  #set({ negated, ranges, kinds, ascii }: CharSet): string {
    const { char, any } = this.#dialect;
    const plain = ranges
      .map(([from, to]) => (from === to ? char(from) : `${char(from)}-${char(to)}`))
      .concat(kinds.filter(isPlainKind).map((kind) => this.#members(kind, ascii)))
      .join('');
    // What is not of a kind cannot stand in a set beside others.
    const others = kinds.filter((kind) => !isPlainKind(kind));
    if (plain === '' && others.length === 0) return negated ? any : `(?!${any})${any}`;
    const [only] = ranges;
    if (!negated && others.length === 0 && kinds.length === 0 && ranges.length === 1 && only![0] === only![1])
      return plain;
    if (others.length === 0) return `[${negated ? '^' : ''}${plain}]`;
    const parts = [
      ...(plain === '' ? [] : [`[${plain}]`]),
      ...others.map((kind) => `[^${this.#members(kind.toLowerCase() as Kind, ascii)}]`),
    ];
    return negated ? `(?:(?!${parts.join('|')})${any})` : `(?:${parts.join('|')})`;
  }

  #members(kind: Kind, ascii: boolean): string {
    const { char } = this.#dialect;
    if (kind === 'd') return ascii ? '0-9' : '\\p{Nd}';
    if (kind === 'w') return ascii ? `a-zA-Z0-9${char(0x5f)}` : `\\p{L}\\p{N}${char(0x5f)}`;
    const spans = ascii ? ASCII_SPACE : SPACE;
    return spans.map(([from, to]) => `${char(from)}-${char(to)}`).join('');
  }
}

const ASCII_SPACE: readonly (readonly [number, number])[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
];
/** str.isspace() */
const SPACE: readonly (readonly [number, number])[] = [
  [0x09, 0x0d],
  [0x1c, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
];

function isPlainKind(kind: Kind): boolean {
  return kind === 'd' || kind === 's' || kind === 'w';
}

function bounds(min: number, max: number): string {
  if (min === 0 && max === Infinity) return '*';
  if (min === 1 && max === Infinity) return '+';
  if (min === 0 && max === 1) return '?';
  return `{${min},${max === Infinity ? '' : max}}`;
}

function groupsIn(node: Node): number[] {
  switch (node.kind) {
    case 'sequence':
      return node.items.flatMap(groupsIn);
    case 'choice':
      return node.branches.flatMap(groupsIn);
    case 'capture':
      return [node.group, ...groupsIn(node.body)];
    case 'repeat':
    case 'atomic':
    case 'look':
      return groupsIn(node.body);
    default:
      return [];
  }
}

/**
 * Whether something that may match nothing does so only when all else has failed: then it makes no difference that Python ends a
 * repetition after an empty turn and others never take one.
 */
function isEmptyLast(node: Node): boolean {
  if (widthOf(node)[0] > 0) return true;
  switch (node.kind) {
    case 'sequence':
      return node.items.every(isEmptyLast);
    case 'choice':
      return node.branches.every(
        (branch, index) =>
          (index === node.branches.length - 1 || widthOf(branch)[0] > 0) && isEmptyLast(branch),
      );
    case 'repeat':
      return node.mode !== 'lazy' && isEmptyLast(node.body);
    case 'capture':
      return isEmptyLast(node.body);
    default:
      // Of these there is one way to match.
      return true;
  }
}
