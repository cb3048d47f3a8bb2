import type { Task } from '../playbook/model.js';
import type { Registered } from './unit.js';

/** Which host runs the `run_once` tasks of a play, and what came of them. The first that comes to a task runs it. */
export class RunOnce {
  readonly #claims = new Map<Task, Claim>();

  /** `undefined`: this host runs the task. Otherwise the claim of the host that does. */
  claim(task: Task, host: string): Claim | undefined {
    const existing = this.#claims.get(task);
    if (existing) return existing.host === host && existing.outcome === undefined ? undefined : existing;
    let settle = (): void => undefined;
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#claims.set(task, { host, settled, settle, outcome: undefined });
    return undefined;
  }

  settle(task: Task, outcome: Outcome): void {
    const claim = this.#claims.get(task);
    if (!claim || claim.outcome) return;
    claim.outcome = outcome;
    claim.settle();
  }

  /** A host that leaves the play gives back what it claimed and did not do: another one takes it over. */
  release(host: string): void {
    for (const [task, claim] of this.#claims) {
      if (claim.host !== host || claim.outcome !== undefined) continue;
      this.#claims.delete(task);
      claim.settle();
    }
  }
}

export type Outcome = { readonly registered: Registered } | { readonly failedOn: string };

interface Claim {
  readonly host: string;
  readonly settled: Promise<void>;
  readonly settle: () => void;
  outcome: Outcome | undefined;
}
