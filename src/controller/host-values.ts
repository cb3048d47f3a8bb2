import { PendingValue, UnknownValue } from '../template/scope.js';
import type { Given } from '../variables/scope.js';

/**
 * What a host's tasks have set so far: registered results and set_fact. A window looks ahead: tasks that are evaluated
 * before their predecessors are settled see `foreseen` values, or are stopped by a pending one.
 */
export class HostValues {
  readonly #settled = new Map<string, Given>();
  readonly #visible = new Map<string, Given>();
  readonly #fixed: ReadonlySet<string>;

  /** @param fixed names that nothing may set: those given with -e */
  constructor(fixed: ReadonlySet<string>) {
    this.#fixed = fixed;
  }

  /** What is visible now, for looking ahead: what is foreseen with it is seen by nobody else. */
  copy(): HostValues {
    const copy = new HostValues(this.#fixed);
    for (const [name, given] of this.#visible) copy.#settle(name, given);
    return copy;
  }

  /** Live: scopes that were built on it see what is set later. */
  get bindings(): ReadonlyMap<string, Given> {
    return this.#visible;
  }

  settle(name: string, value: unknown): void {
    this.#settle(name, { give: () => value });
  }

  /** A dry run left out what would set it: whoever reads it cannot be planned. */
  settleUnknown(name: string, what: string): void {
    this.#settle(name, {
      give: () => {
        throw new UnknownValue(what);
      },
    });
  }

  /** A value that holds if all tasks before turn out as expected. */
  foresee(name: string, value: unknown): void {
    if (!this.#fixed.has(name)) this.#visible.set(name, { give: () => value });
  }

  /** Whoever reads it before it is settled is stopped by PendingValue. */
  await(name: string): void {
    if (this.#fixed.has(name)) return;
    this.#visible.set(name, {
      give: () => {
        throw new PendingValue(`the result "${name}"`);
      },
    });
  }

  /** Forget what was foreseen: the tasks that it was foreseen from do not run. */
  dropForeseen(): void {
    this.#visible.clear();
    for (const [name, given] of this.#settled) this.#visible.set(name, given);
  }

  #settle(name: string, given: Given): void {
    if (this.#fixed.has(name)) return;
    this.#settled.set(name, given);
    this.#visible.set(name, given);
  }
}
