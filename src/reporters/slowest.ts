import type { TaskLabel } from '../events.js';

/** A task is worth a line when it took this long (ms). */
const WORTH = 1000;

interface Slow {
  readonly host: string;
  readonly label: string;
  readonly ms: number;
}

/** Keeps in mind how long tasks took. */
export interface Slowest {
  note(host: string, task: TaskLabel, ms: number): void;
  /** The slowest tasks, each with the host where it took longest. */
  top(count: number): readonly Slow[];
}

export function createSlowest(labelText: (task: TaskLabel) => string): Slowest {
  const byLabel = new Map<string, Slow>();
  return {
    note(host, task, ms) {
      if (ms < WORTH) return;
      const label = labelText(task);
      const known = byLabel.get(label);
      if (!known || known.ms < ms) byLabel.set(label, { host, label, ms });
    },
    top: (count) => [...byLabel.values()].sort((a, b) => b.ms - a.ms).slice(0, count),
  };
}
