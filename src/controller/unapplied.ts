import { UnknownValue } from '../template/scope.js';
import type { Registered, UnitResult } from './unit.js';

/** What is known of a change before it is made. */
const FORESEEN = ['failed', 'changed', 'item', 'ansible_loop_var'];

/**
 * What `register` gives of a unit. Where a dry run left its steps out, that it changes is known; what the change would have
 * said is not, and whoever reads it is told so by UnknownValue.
 */
export function exposed(
  name: string,
  result: Pick<UnitResult, 'status' | 'registered' | 'unapplied'>,
): Registered {
  const { status, registered, unapplied } = result;
  if (unapplied !== true) return registered;
  const foreseen = FORESEEN.filter(
    (key) => key in registered && (key !== 'changed' || status !== 'may-change'),
  );
  const known = Object.fromEntries(foreseen.map((key) => [key, registered[key]]));
  return new Proxy(known, {
    get(_target, key) {
      if (typeof key === 'symbol') return undefined;
      // Asked of every object by JSON and await; and a skipped task would not be one that changes.
      if (key in known || ['toJSON', 'then', 'skipped'].includes(key)) return known[key];
      throw new UnknownValue(`the result "${name}"`);
    },
  }) as Registered;
}
