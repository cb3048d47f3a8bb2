import type { Expression } from './expression.js';
import type { Scope } from './scope.js';

/** The value of a bare expression (`when:` and the like). */
export function evaluate(_expression: Expression, _scope: Scope): unknown {
  throw new Error('being written');
}
