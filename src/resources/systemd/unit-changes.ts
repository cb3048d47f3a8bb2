import type { UnitAnswer } from '../../agent/query.js';
import { isTemplate } from '../../agent/queries/unit.js';
import type { RunStep } from '../../agent/step.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import type { Change } from '../resource.js';

/** What shall be so of a unit. What is left out is not managed. */
export interface WantedUnit {
  readonly name: string;
  readonly state?: 'started' | 'stopped' | 'restarted' | 'reloaded';
  readonly enabled?: boolean;
  readonly masked?: boolean;
}

/**
 * What differs between a unit and what it shall be. A restart or a reload is always a change.
 * @throws MissingPrerequisiteError when there is no such unit, TaskError when it is masked or cannot be loaded
 */
export function unitChanges(wanted: WantedUnit, unit: UnitAnswer): Change[] {
  requireUnit(wanted, unit);
  const subject = unit.id;
  const changes: Change[] = [];
  const add = (field: string, before: string, after: string, more: Pick<Change, 'kind'> = {}): void => {
    changes.push({ subject, field, before, after, ...more });
  };
  if (wanted.masked !== undefined && wanted.masked !== isMasked(unit)) {
    add('masked', isMasked(unit) ? 'masked' : 'not masked', wanted.masked ? 'masked' : 'not masked');
  }
  if (wanted.enabled !== undefined && !enablementFits(wanted.enabled, unit)) {
    add('enabled', unit.enabled === '' ? 'unknown' : unit.enabled, wanted.enabled ? 'enabled' : 'disabled');
  }
  const running = isRunning(unit);
  if (wanted.state === 'started' && !running) add('state', unit.active, 'started');
  if (wanted.state === 'stopped' && !isStopped(unit)) add('state', unit.active, 'stopped');
  // Of a unit that runs it is an action; one that does not run is not as it shall be.
  const again = running ? ({ kind: 'action' } as const) : {};
  if (wanted.state === 'restarted') add('state', unit.active, 'restarted', again);
  if (wanted.state === 'reloaded') add('state', unit.active, running ? 'reloaded' : 'started', again);
  return changes;
}

/**
 * systemctl for each change, in the order in which they need each other. `name`: the unit's own. Its alias is gone as soon as it is
 * disabled, and cannot be enabled.
 */
export function unitSteps(name: string, changes: readonly Change[]): RunStep[] {
  const after = (field: string): unknown =>
    changes.find((change) => change.subject === name && change.field === field)?.after;
  const systemctl = (verb: string): RunStep => ({ kind: 'run', argv: ['systemctl', verb, '--', name] });
  const verbs: Readonly<Record<string, string>> = {
    'not masked': 'unmask',
    masked: 'mask',
    enabled: 'enable',
    disabled: 'disable',
    started: 'start',
    stopped: 'stop',
    restarted: 'restart',
    reloaded: 'reload',
  };
  const masked = after('masked');
  // A unit is unmasked before it is enabled and started, and masked after it is disabled and stopped.
  const order =
    masked === 'masked'
      ? [after('enabled'), after('state'), masked]
      : [masked, after('enabled'), after('state')];
  return order.filter((value) => value !== undefined).map((value) => systemctl(verbs[String(value)]!));
}

export const daemonReload: RunStep = { kind: 'run', argv: ['systemctl', 'daemon-reload'] };

function requireUnit({ name, state, enabled, masked }: WantedUnit, unit: UnitAnswer): void {
  const used = state !== undefined || enabled !== undefined;
  if (unit.load === 'not-found' && (used || masked === undefined)) {
    throw new MissingPrerequisiteError(`there is no unit ${name}`, {
      hint: 'install the package that contains it in an earlier task; `systemctl list-unit-files` lists those that exist',
    });
  }
  if (isTemplate(unit.id) && state !== undefined) {
    throw new TaskError(`${name} is a template: only its instances run`, {
      hint: `name one, such as ${unit.id.replace('@', '@NAME')}`,
    });
  }
  const wakes = state === 'started' || state === 'restarted' || state === 'reloaded' || enabled === true;
  if (isMasked(unit) && wakes && masked !== false)
    throw new TaskError(`${name} is masked`, { hint: 'masked: false unmasks it' });
  if ((unit.load === 'error' || unit.load === 'bad-setting') && wakes) {
    throw new TaskError(`systemd cannot load ${name} (${unit.load})`, {
      hint: `systemctl status ${name} says why`,
    });
  }
}

function isMasked(unit: UnitAnswer): boolean {
  return unit.load === 'masked' || unit.enabled === 'masked' || unit.enabled === 'masked-runtime';
}

/** A unit that systemd starts again and again is not running. */
function isRunning({ active, sub }: UnitAnswer): boolean {
  return (
    active === 'active' ||
    active === 'reloading' ||
    active === 'refreshing' ||
    (active === 'activating' && sub !== 'auto-restart')
  );
}

function isStopped({ active }: UnitAnswer): boolean {
  return active === 'inactive' || active === 'failed';
}

/** Units that have no [Install] section, or come from a generator, are neither enabled nor disabled. */
function enablementFits(wanted: boolean, { enabled }: UnitAnswer): boolean {
  if (['static', 'indirect', 'generated', 'transient', 'alias'].includes(enabled)) return true;
  return wanted
    ? enabled === 'enabled'
    : !['enabled', 'enabled-runtime', 'linked', 'linked-runtime'].includes(enabled);
}
