import { ConfigurationError, formatPosition, type Position } from '../errors.js';
import { EvaluationError } from '../template/failure.js';
import { renderValue } from '../template/render.js';
import type { Scope } from '../template/scope.js';
import type { Sourced } from '../template/template.js';
import type { Layer } from './layers.js';

export type { Layer, Level } from './layers.js';

/** A value that is data (a result, a fact, a loop's item), read each time: `give` may throw PendingValue. Never compiled. */
export interface Given {
  readonly give: () => unknown;
}

export type Binding = Sourced | Given;

export interface ScopeOptions {
  /** weakest first */
  readonly layers: readonly Layer[];
  /**
   * Names that no layer can set (`inventory_hostname`, `groups`, facts). What a function gives once must not change later
   * (but see CHANGING); it may throw PendingValue until then.
   */
  readonly magic: Readonly<Record<string, () => unknown>>;
  readonly functions?: Readonly<Record<string, (...args: never[]) => unknown>>;
}

/** Magic names whose value changes while a run goes on: what was made of them is not kept. */
const CHANGING: ReadonlySet<string> = new Set(['hostvars', 'ansible_play_hosts', 'ansible_play_batch']);

/**
 * The variables of one host. A variable is rendered when it is first read, with the scope it is read from, and kept.
 * @throws by `get`: UndefinedVariableError, EvaluationError with the variables on the way; ConfigurationError for a
 * circle; PendingValue untouched
 */
export function createScope(options: ScopeOptions): Scope {
  const { layers, magic } = options;
  const strongestFirst = layers.map((layer) => layer.vars).reverse();
  const find = (name: string): Binding | undefined => {
    const give = Object.hasOwn(magic, name) ? magic[name] : undefined;
    if (give) return { give };
    for (const vars of strongestFirst) {
      const sourced = vars.get(name);
      if (sourced) return sourced;
    }
    return undefined;
  };
  const names = (): Set<string> =>
    new Set([...Object.keys(magic), ...strongestFirst.flatMap((vars) => [...vars.keys()])]);
  return new VariableScope({
    find,
    names,
    parent: undefined,
    readings: [],
    functions: options.functions ?? {},
  });
}

/**
 * A scope with more names on top: results, a task's variables, a loop's item. Costs nothing to make: the map is not
 * copied, and what the scope below has rendered is used as far as it does not depend on the new names. Given bindings may
 * come and change later: what was made of them is not kept.
 */
export function extendScope(scope: Scope, bindings: ReadonlyMap<string, Binding>): Scope {
  if (!(scope instanceof VariableScope))
    throw new TypeError('only a scope made by createScope can be extended');
  return scope.extend(bindings);
}

/** Where the value of a name was written; undefined for what is given, for the command line and for no variable. */
export function positionOf(scope: Scope, name: string): Position | undefined {
  return scope instanceof VariableScope ? scope.positionOf(name) : undefined;
}

/** A variable being rendered, and what it has read so far. */
interface Reading {
  readonly name: string;
  readonly scope: VariableScope;
  readonly position: Position | undefined;
  /** every name asked for, found or not, by it and by what it reads */
  readonly names: Set<string>;
  /** it read something that may change: not to be kept */
  fleeting: boolean;
  /** and that without anybody setting it */
  changing: boolean;
}

/** What was read through the scopes of a host since they are watched. */
export interface Reads {
  /** found or not, and what they were made of */
  readonly names: ReadonlySet<string>;
  /** one of them changes while a run goes on (`hostvars`), or all names were listed */
  readonly changing: boolean;
}

/** Watch what is read through a scope, and those that are made of the same one. @returns ends it */
export function watchReads(scope: Scope): () => Reads {
  if (!(scope instanceof VariableScope))
    throw new TypeError('only a scope made by createScope can be watched');
  return scope.watch();
}

interface Found {
  readonly binding: Binding;
  readonly owner: VariableScope;
}

interface Kept {
  readonly value: unknown;
  readonly names: ReadonlySet<string>;
}

interface Parts {
  readonly find: (name: string) => Binding | undefined;
  readonly names: () => Set<string>;
  readonly parent: VariableScope | undefined;
  /** of all scopes of one host: the innermost reading is last */
  readonly readings: Reading[];
  readonly functions: Readonly<Record<string, (...args: never[]) => unknown>>;
}

class VariableScope implements Scope {
  readonly functions: Readonly<Record<string, (...args: never[]) => unknown>>;
  readonly #parts: Parts;
  readonly #kept = new Map<string, Kept>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.functions = parts.functions;
  }

  extend(bindings: ReadonlyMap<string, Binding>): VariableScope {
    const { readings, functions } = this.#parts;
    const find = (name: string): Binding | undefined => bindings.get(name);
    return new VariableScope({
      find,
      names: () => new Set(bindings.keys()),
      parent: this,
      readings,
      functions,
    });
  }

  watch(): () => Reads {
    const { readings } = this.#parts;
    const reading: Reading = {
      name: '',
      scope: this,
      position: undefined,
      names: new Set(),
      fleeting: false,
      changing: false,
    };
    readings.push(reading);
    return () => {
      readings.splice(readings.indexOf(reading), 1);
      return reading;
    };
  }

  has(name: string): boolean {
    const found = this.#lookup(name);
    this.#note(name, found);
    return found !== undefined;
  }

  get(name: string): unknown {
    const found = this.#lookup(name);
    this.#note(name, found);
    if (!found) return undefined;
    const { binding, owner } = found;
    if ('give' in binding) return binding.give();
    if (isPlain(binding)) return binding.value;
    const kept = this.#keptFor(name, owner);
    if (kept) {
      this.#merge(kept.names);
      return kept.value;
    }
    return this.#render(name, binding, owner);
  }

  positionOf(name: string): Position | undefined {
    const binding = this.#lookup(name)?.binding;
    return binding && 'position' in binding ? binding.position : undefined;
  }

  names(): Iterable<string> {
    const reading = this.#parts.readings.at(-1);
    if (reading) reading.fleeting = reading.changing = true;
    const own = this.#parts.names();
    return this.#parts.parent ? new Set([...this.#parts.parent.names(), ...own]) : own;
  }

  #lookup(name: string): Found | undefined {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    for (let scope: VariableScope | undefined = this; scope; scope = scope.#parts.parent) {
      const binding = scope.#parts.find(name);
      if (binding) return { binding, owner: scope };
    }
    return undefined;
  }

  #note(name: string, found: Found | undefined): void {
    const reading = this.#parts.readings.at(-1);
    if (!reading) return;
    reading.names.add(name);
    if (!found || !('give' in found.binding)) return;
    const isMagic = found.owner.#parts.parent === undefined;
    if (!isMagic || CHANGING.has(name)) reading.fleeting = true;
    if (isMagic && CHANGING.has(name)) reading.changing = true;
  }

  #merge(names: ReadonlySet<string>): void {
    const reading = this.#parts.readings.at(-1);
    if (reading) for (const name of names) reading.names.add(name);
  }

  /** What was rendered for this scope, or for one below it down to the owner when nothing in between changes what it read. */
  #keptFor(name: string, owner: VariableScope): Kept | undefined {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    let scope: VariableScope = this;
    const between: VariableScope[] = [];
    for (;;) {
      const kept = scope.#kept.get(name);
      if (kept && between.every((one) => one.#leavesAlone(kept.names))) return kept;
      if (scope === owner || !scope.#parts.parent) return undefined;
      between.push(scope);
      scope = scope.#parts.parent;
    }
  }

  /** Keep it in the lowest scope where it would be the same. */
  #keep(name: string, kept: Kept, owner: VariableScope): void {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    let scope: VariableScope = this;
    while (scope !== owner && scope.#parts.parent && scope.#leavesAlone(kept.names))
      scope = scope.#parts.parent;
    scope.#kept.set(name, kept);
  }

  #leavesAlone(names: ReadonlySet<string>): boolean {
    for (const name of names) if (this.#parts.find(name)) return false;
    return true;
  }

  #render(name: string, sourced: Sourced, owner: VariableScope): unknown {
    const { readings } = this.#parts;
    this.#refuseCircle(name, sourced);
    const reading: Reading = {
      name,
      scope: this,
      position: sourced.position,
      names: new Set(),
      fleeting: false,
      changing: false,
    };
    readings.push(reading);
    let value: unknown;
    try {
      value = renderValue(sourced.value, this);
    } catch (error) {
      if (error instanceof EvaluationError)
        error.note(`used in the variable "${name}"${at(sourced.position)}`);
      throw error;
    } finally {
      readings.pop();
    }
    this.#merge(reading.names);
    const outer = readings.at(-1);
    if (!reading.fleeting) this.#keep(name, { value, names: reading.names }, owner);
    else if (outer) outer.fleeting = true;
    if (outer && reading.changing) outer.changing = true;
    return value;
  }

  #refuseCircle(name: string, sourced: Sourced): void {
    const { readings } = this.#parts;
    const first = readings.findIndex((one) => one.name === name && one.scope === this);
    if (first === -1) return;
    const chain = readings.slice(first);
    throw new ConfigurationError(`the variable "${name}" is defined in terms of itself`, {
      position: sourced.position,
      detail: [...chain, { name, position: sourced.position }].map((one) => `${one.name}${at(one.position)}`),
      hint: `Break the circle: give one of them a value that does not use the others.`,
    });
  }
}

function isPlain(sourced: Sourced): boolean {
  const { value } = sourced;
  return typeof value !== 'object' || value === null;
}

function at(position: Position | undefined): string {
  return position ? ` (${formatPosition(position)})` : '';
}
