import type { ChangeView, Recap } from '../../events.js';
import type { RunOptions } from '../run.js';
import type { Run } from '../run-state.js';
import { shownEvent } from '../shown.js';
import { leave } from '../run-state.js';
import { makePlan, type PlanAbout } from './make.js';
import type { Plan, PlannedTask } from './plan.js';
import { provenanceOf } from './provenance.js';

/** Dry-run a playbook, and tell of every state that differs when it was modified and which run wrote it last. */
export async function findDrift(
  options: RunOptions,
  about: PlanAbout,
): Promise<{ readonly plan: Plan; readonly recap: Recap; readonly drifted: boolean }> {
  let drifted = false;
  const made = await makePlan(options, about, async (changesOf, run) => {
    const hosts = [...options.inventory.hosts.keys()];
    const tell = (host: string): Promise<boolean> =>
      tellOf(host, changesOf(host), run).catch((error: unknown) => {
        leave(host, error, run);
        return false;
      });
    const told = await Promise.all(hosts.map((host) => run.limit(() => tell(host))));
    drifted = told.includes(true);
  });
  return { ...made, drifted };
}

async function tellOf(host: string, all: readonly PlannedTask[], run: Run): Promise<boolean> {
  const planned = all.map((one) => ({ ...one, changes: one.changes.filter(isState) }));
  for (const one of planned) {
    // A handler is no state either: it follows from what differs.
    if (one.handler === true) continue;
    const subjects = [...new Set(one.changes.map(({ subject }) => subject))];
    const files = subjects.filter((subject) => subject.startsWith('/'));
    const place = { host: one.on ?? host, user: one.as };
    const known = files.length === 0 ? new Map<string, never>() : await provenanceOf(files, place, run);
    for (const subject of subjects) {
      const changes = one.changes.filter((change) => change.subject === subject);
      const event = { type: 'drift', host, task: one.task, subject, changes, ...known.get(subject) } as const;
      run.options.emit(shownEvent(event, run.options.secrets));
    }
  }
  return planned.some(({ changes, handler }) => changes.length > 0 && handler !== true);
}

/** What a task does each time (a command, a restart, a request) says nothing about how the host is. */
function isState({ kind }: ChangeView): boolean {
  return kind !== 'action';
}
