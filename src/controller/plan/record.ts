import { sizeOf, type Content } from '../../agent/content.js';
import { describeStep } from '../../agent/describe-step.js';
import type { Step } from '../../agent/step.js';
import { formatPosition, type TaskError } from '../../errors.js';
import type { Recap } from '../../events.js';
import type { Secrets } from '../../variables/secrets.js';
import { userName } from '../become-user.js';
import { viewChange } from '../changes.js';
import { showValue } from '../shown.js';
import type { UnitChange } from '../unit.js';
import { aboutQuery } from './about.js';
import { digestOf, restOf } from './digest.js';
import type { HostPlan, PlannedTask, StepView } from './plan.js';

/** Takes down what a run would change, or changes. */
export interface Recorder {
  readonly onChange: (change: UnitChange) => TaskError | undefined;
  /** what was taken down of each host of a recap */
  hosts(recap: Pick<Recap, 'hosts'>): Record<string, HostPlan>;
  /** what was taken down so far of one */
  changesOf(host: string): readonly PlannedTask[];
}

export function createRecorder(salt: string, secrets: Secrets): Recorder {
  const changes = new Map<string, PlannedTask[]>();
  return {
    onChange(change) {
      changes.set(change.host, [...(changes.get(change.host) ?? []), plannedTask(change, salt, secrets)]);
      return undefined;
    },
    hosts: (recap) =>
      Object.fromEntries(
        recap.hosts.map(({ host, failed, unreachable }): [string, HostPlan] => [
          host,
          {
            state: unreachable ? 'unreachable' : failed > 0 ? 'failed' : 'planned',
            changes: changes.get(host) ?? [],
          },
        ]),
      ),
    changesOf: (host) => changes.get(host) ?? [],
  };
}

/** A unit that differs as a plan holds it. */
export function plannedTask(change: UnitChange, salt: string, secrets: Secrets): PlannedTask {
  const { label, position, at, handler, unsure, changes, steps, hidden } = change;
  const rests = change.rests
    .map(([query, answer]) => ({ about: aboutQuery(query), rest: restOf(query, answer) }))
    .filter(({ rest }) => rest !== null);
  // A file is asked about in several ways: it is one thing for people.
  const restsOf = new Map<string, unknown[]>();
  for (const { about, rest } of rests) restsOf.set(about, [...(restsOf.get(about) ?? []), rest]);
  const whole = {
    user: at.user,
    host: at.host,
    changes,
    steps: steps.map(plannedStep),
    rests,
    unsure: unsure !== undefined,
  };
  const planned: PlannedTask = {
    task: label,
    position: formatPosition(position),
    ...(at.host === change.host ? {} : { on: at.host }),
    ...(at.user === undefined ? {} : { as: userName(at.user) }),
    ...(handler ? { handler } : {}),
    ...(unsure === undefined ? {} : { unsure }),
    changes: changes.map((one) => viewChange(one, { secrets, hidden })),
    steps: steps.map((step) => stepView(step, hidden, salt)),
    rests: hidden ? [] : [...restsOf].map(([about, all]) => ({ about, digest: digestOf(all, salt) })),
    digest: digestOf(whole, salt),
  };
  return showValue(planned, secrets) as PlannedTask;
}

/** Of a file of the controller what it holds, and not where it lies or when it was written. */
function planned(content: Content): unknown {
  return Buffer.isBuffer(content) ? content : { size: content.size, sha256: content.sha256 };
}

function plannedStep(step: Step): unknown {
  return step.kind === 'write' ? { ...step, content: planned(step.content) } : step;
}

function stepView(step: Step, hidden: boolean, salt: string): StepView {
  switch (step.kind) {
    case 'write': {
      const { path, content, mode, owner, group } = step;
      return {
        kind: 'write',
        path,
        size: sizeOf(content),
        digest: digestOf(planned(content), salt),
        ...(mode === undefined ? {} : { mode: mode.toString(8).padStart(4, '0') }),
        ...(owner === undefined ? {} : { owner }),
        ...(group === undefined ? {} : { group }),
      };
    }
    case 'link':
      return { kind: 'link', path: step.path, target: step.target };
    case 'copy':
    case 'folders':
    case 'attributes':
    case 'recurse':
    case 'remove':
    case 'touch':
      return { kind: 'file', does: hidden ? step.kind : describeStep(step), digest: digestOf(step, salt) };
    case 'run':
      return { kind: 'run', argv: hidden ? [] : step.argv, digest: digestOf(step, salt) };
    case 'script':
      return { kind: 'script', args: hidden ? [] : (step.args ?? []), digest: digestOf(step, salt) };
  }
}
