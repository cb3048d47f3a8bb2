import type { Position } from '../errors.js';
import { findJinja } from './jinja.js';
import { JinjaText, Template, Vaulted, type Loaded } from './template.js';
import { entriesOf, placesOf, positionOf, problem, resolve, textStart, type Source } from './yaml-source.js';
import type { TreeMap, TreeNode, TreeScalar, TreeSeq } from './yaml-tree.js';

export interface Conversion {
  /** how `!vault` values are opened; left out, using one is an error */
  readonly openVault?: ((ciphertext: string, position: Position) => string) | undefined;
  /** told of each of them that can be opened */
  readonly foundVault?: ((open: () => string) => void) | undefined;
  /** `data`: nothing becomes a Template or JinjaText, as if all were `!unsafe` */
  readonly trust?: 'templates' | 'data';
  /** `mode: 0644` stays text, which says the same as 420: for tasks, where 0777 would be a suspicious 511 */
  readonly modes?: 'text' | undefined;
}

/** Parameters that hold permissions. */
const MODES: ReadonlySet<string> = new Set(['mode', 'directory_mode']);

/** What a document reads as, frozen all through. Lists and maps that aliases name are converted once and shared, however often. */
export function valueOf(source: Source, { openVault, foundVault, trust, modes }: Conversion): Loaded {
  const done = new Map<TreeNode, Loaded>();
  const open = new Set<TreeNode>();
  return source.root === null ? null : convert(source.root, trust === 'data');

  function convert(given: TreeNode, data: boolean): Loaded {
    const node = resolve(given, source);
    const asData = data || node.tag === '!unsafe';
    if (node.kind === 'scalar') return scalar(node, asData);
    const known = done.get(node);
    if (known !== undefined) return known;
    if (open.has(node)) throw problem('this alias stands inside of what it names', node, source);
    open.add(node);
    const value = node.kind === 'seq' ? list(node, asData) : map(node, asData);
    open.delete(node);
    done.set(node, value);
    return value;
  }

  function list({ items }: TreeSeq, data: boolean): Loaded {
    return Object.freeze(items.map((item) => convert(item, data)));
  }

  function map(node: TreeMap, data: boolean): Loaded {
    const made: Record<string, Loaded> = {};
    for (const [key, [, inner]] of entriesOf(node, source)) {
      const value = inner === null ? null : (modeOf(key, inner) ?? convert(inner, data));
      // A plain assignment to __proto__ would change the object instead of adding a key.
      if (key === '__proto__') Object.defineProperty(made, key, { value, enumerable: true });
      else made[key] = value;
    }
    return Object.freeze(made);
  }

  function modeOf(key: string, node: TreeNode): string | undefined {
    if (modes !== 'text' || !MODES.has(key) || node.kind !== 'scalar' || typeof node.value !== 'number')
      return undefined;
    return /^0[0-7]+$/.test(node.source ?? '') ? node.source : undefined;
  }

  function scalar(node: TreeScalar, data: boolean): Loaded {
    const { value } = node;
    if (node.tag === '!vault') return vaulted(node);
    if (typeof value === 'string') return data ? value : text(node, value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    throw problem('a value of this type is not supported', node, source);
  }

  function vaulted(node: TreeScalar): Vaulted {
    const ciphertext = String(node.value);
    const position = positionOf(node, source);
    let opened: string | undefined;
    const unlock = openVault && ((): string => (opened ??= openVault(ciphertext, position)));
    if (unlock) foundVault?.(unlock);
    return new Vaulted(ciphertext, position, unlock);
  }

  function text(node: TreeScalar, value: string): string | Template {
    const isTemplate = value.includes('<%');
    if (!isTemplate && findJinja(value) === undefined) return value;
    const place = placesOf(node, value, source);
    const start = node.style === 'block' ? place(0) : source.place(textStart(node, source.text));
    return isTemplate ? new Template(value, start, place) : new JinjaText(value, start, place);
  }
}
