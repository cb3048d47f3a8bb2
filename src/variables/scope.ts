import type { Scope } from '../template/scope.js';
import type { Sourced } from '../template/template.js';

export type Level =
  'role defaults' | 'inventory' | 'play vars' | 'role parameters' | 'task vars' | 'extra vars';

export interface Layer {
  readonly level: Level;
  readonly vars: ReadonlyMap<string, Sourced>;
}

/** A value that is data (a result, a fact, a loop's item), read each time: `give` may throw PendingValue. Never compiled. */
export interface Given {
  readonly give: () => unknown;
}

export type Binding = Sourced | Given;

export interface ScopeOptions {
  /** weakest first */
  readonly layers: readonly Layer[];
  /** weaker than nothing: these names cannot be set */
  readonly magic: Readonly<Record<string, () => unknown>>;
  readonly functions: Readonly<Record<string, (...args: never[]) => unknown>>;
}

export function createScope(_options: ScopeOptions): Scope {
  throw new Error('being written');
}

/** A scope with more names on top. O(1): the map is read when asked, not copied. */
export function extendScope(_scope: Scope, _bindings: ReadonlyMap<string, Binding>): Scope {
  throw new Error('being written');
}
