import { canonical } from './digest.js';
import type { PlannedTask } from './plan.js';

/** What tells one entry of a plan from the others of its host. */
export function identityOf({ position, task, on }: Pick<PlannedTask, 'position' | 'task' | 'on'>): string {
  return JSON.stringify([position, task.role ?? '', task.name, task.item ?? '', on ?? '']);
}

/**
 * What has moved on a host since a plan was made: nothing when what would be changed now is what was planned, and rests on
 * the same answers.
 */
export function differences(planned: readonly PlannedTask[], now: readonly PlannedTask[]): string[] {
  const left = [...now];
  const gone = planned.flatMap((one) => {
    const at = left.findIndex((other) => identityOf(other) === identityOf(one));
    if (at === -1) return [`${nameOf(one)}: there is nothing to change any more`];
    const [other] = left.splice(at, 1);
    return other ? differenceOf(one, other) : [];
  });
  const come = left.map((one) => `${nameOf(one)}: would change now and is not in the plan${subjectsOf(one)}`);
  return [...gone, ...come];
}

function differenceOf(planned: PlannedTask, now: PlannedTask): string[] {
  const bothUnsure = planned.unsure !== undefined && now.unsure !== undefined;
  if (planned.digest === now.digest || bothUnsure) {
    if (shownOf(planned, bothUnsure) === shownOf(now, bothUnsure)) return [];
    return [`${nameOf(now)}: the plan shows something else than what would be done${subjectsOf(now)}`];
  }
  if ((planned.unsure === undefined) !== (now.unsure === undefined))
    return [
      `${nameOf(planned)}: ${now.unsure === undefined ? 'can be told now' : `cannot be told any more: ${now.unsure}`}`,
    ];
  const moved = planned.rests.filter(
    ({ about, digest }) => now.rests.find((one) => one.about === about)?.digest !== digest,
  );
  if (moved.length > 0)
    return [
      `${nameOf(planned)}: ${moved.map(({ about }) => about).join(', ')} ${moved.length === 1 ? 'has' : 'have'} changed since`,
    ];
  const written = planned.steps.some(
    (step, index) => JSON.stringify(step) !== JSON.stringify(now.steps[index]),
  );
  return [
    `${nameOf(planned)}: ${written ? 'what would be done is another thing: a file or variable of the playbook has changed since' : 'its changes are others'}${subjectsOf(now)}`,
  ];
}

/** What people were shown. Why a task is unsure may be told in other words, and with it what it rests on. */
function shownOf({ unsure, digest, rests, ...shown }: PlannedTask, isUnsure: boolean): string {
  return canonical(isUnsure ? shown : { ...shown, unsure, digest, rests });
}

function nameOf({ task }: PlannedTask): string {
  const role = task.role === undefined ? '' : `${task.role} : `;
  return `${role}${task.name}${task.item === undefined ? '' : ` [${task.item}]`}`;
}

function subjectsOf({ changes }: PlannedTask): string {
  const subjects = [...new Set(changes.map(({ subject }) => subject))];
  return subjects.length === 0 ? '' : ` (${subjects.slice(0, 3).join(', ')})`;
}
