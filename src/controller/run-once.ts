import type { Task } from '../playbook/model.js';
import type { Registered } from './unit.js';

/**
 * Which host runs the `run_once` tasks of a play, and what came of them: the first that comes to a task and for which its condition holds.
 * One for which it does not hold passes it on, and waits for what comes of it.
 */
export class RunOnce {
  readonly #claims = new Map<Task, Claim>();
  /** hosts that are in the play now */
  readonly #present = new Set<string>();
  #waiting: Waiting[] = [];

  /** The hosts of a batch begin. */
  enter(hosts: readonly string[]): void {
    for (const host of hosts) this.#present.add(host);
  }

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

  /** What came of the task that this host has claimed. */
  settle(task: Task, host: string, outcome: Outcome): void {
    const claim = this.#claims.get(task);
    if (claim?.host !== host || claim.outcome) return;
    claim.outcome = outcome;
    claim.settle();
    this.#wake((one) => one.task === task, outcome);
  }

  /** The task is not wanted on the host that has claimed it: another one may. @returns what came of it; undefined: nobody wants it */
  pass(task: Task, host: string): Promise<Outcome | undefined> {
    this.#giveBack((claimed, claim) => claimed === task && claim.host === host);
    return new Promise((resolve) => {
      this.#waiting.push({ task, resolve });
      this.#endWaiting();
    });
  }

  /** A host that leaves the play gives back what it claimed and did not do: another one takes it over. */
  release(host: string): void {
    this.#giveBack((_task, claim) => claim.host === host);
    this.#present.delete(host);
    this.#endWaiting();
  }

  #giveBack(which: (task: Task, claim: Claim) => boolean): void {
    for (const [task, claim] of this.#claims) {
      if (claim.outcome !== undefined || !which(task, claim)) continue;
      this.#claims.delete(task);
      claim.settle();
    }
  }

  /** When all that are left wait, none of them is waited for by any. */
  #endWaiting(): void {
    if (this.#waiting.length >= this.#present.size) this.#wake(() => true, undefined);
  }

  #wake(which: (one: Waiting) => boolean, outcome: Outcome | undefined): void {
    const woken = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((one) => !woken.includes(one));
    for (const { resolve } of woken) resolve(outcome);
  }
}

export type Outcome = { readonly registered: Registered } | { readonly failedOn: string };

interface Claim {
  readonly host: string;
  readonly settled: Promise<void>;
  readonly settle: () => void;
  outcome: Outcome | undefined;
}

interface Waiting {
  readonly task: Task;
  readonly resolve: (outcome: Outcome | undefined) => void;
}
