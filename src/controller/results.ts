import type { StepOutput } from '../agent/step.js';
import { commandResult } from '../resources/command-result.js';
import { exposed } from './unapplied.js';
import type { PreparedTask, Registered, UnitResult } from './unit.js';

/** What `register` gets for one unit that ran or was in sync: Ansible's names. */
export function registeredOf(
  changed: boolean,
  own: Readonly<Record<string, unknown>>,
  outputs: readonly StepOutput[],
): Registered {
  const last = outputs.at(-1);
  return { ...(last ? commandResult(last) : {}), failed: false, ...own, changed };
}

/** What `register` gets for a skipped unit. */
export function registeredSkip(reason: string): Registered {
  return { changed: false, failed: false, skipped: true, skip_reason: reason };
}

/** What `register` gets for a failed unit. */
export function registeredFailure(message: string, output: StepOutput | undefined): Registered {
  return { ...(output ? commandResult(output) : {}), changed: false, failed: true, msg: message };
}

/** The result of a whole task: the unit's own, or `results` of all items. */
export function registeredTask(prepared: PreparedTask): Registered {
  if (prepared.skipped !== undefined) return registeredSkip(prepared.skipped);
  const name = prepared.task.register ?? '';
  const [first] = prepared.results;
  if (!prepared.loop) return first ? exposed(name, first) : registeredSkip('no items');
  const results = prepared.results.map((result, index) => {
    const about = { item: prepared.units[index]?.item, ansible_loop_var: prepared.task.loopVar };
    return exposed(name, { ...result, registered: { ...result.registered, ...about } });
  });
  const status = statusOf(prepared.results);
  const registered = {
    changed: prepared.results.some((result) => result.registered.changed),
    failed: status === 'failed',
    ...(status === 'skipped' ? { skipped: true } : {}),
    results,
  };
  return exposed(name, { status, registered, unapplied: status === 'may-change' });
}

/** The status of a task from those of its items. */
export function statusOf(results: readonly UnitResult[]): UnitResult['status'] {
  for (const status of ['failed', 'changed', 'may-change', 'ok'] as const) {
    if (results.some((result) => result.status === status)) return status;
  }
  return 'skipped';
}
