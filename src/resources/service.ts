import type { UnitQuery } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { daemonReload, unitChanges, unitSteps, type WantedUnit } from './systemd/unit-changes.js';
import { unitName, unitNameSchema } from './systemd/unit-name.js';
import { resource, type Change, type Resource } from './resource.js';

interface Params extends Omit<WantedUnit, 'name'> {
  readonly name?: string;
  readonly daemon_reload: boolean;
}

export const service: Resource = resource<Params>({
  name: 'service',
  summary: 'A systemd unit: running or not, started at boot or not.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      name: { ...unitNameSchema, description: 'the unit; without a suffix it is a service' },
      state: {
        enum: ['started', 'stopped', 'restarted', 'reloaded'],
        description:
          '`restarted` and `reloaded` are done on every run: use them in handlers. A unit that is not running is started by both',
      },
      enabled: { type: 'boolean', description: 'whether it is started at boot' },
      masked: { type: 'boolean', description: 'whether it is kept from being started at all' },
      daemon_reload: {
        type: 'boolean',
        default: false,
        description:
          'read changed unit files: where the unit’s file is newer than what systemd has read; always, where no unit is named. ' +
          'A unit that is started, restarted or reloaded has its file read anyway',
      },
    },
  },

  queries: (params) => (params.name === undefined ? [] : [unitQuery(params.name)]),

  plan(params, answers) {
    if (params.name === undefined) {
      if (
        params.daemon_reload &&
        params.state === undefined &&
        params.enabled === undefined &&
        params.masked === undefined
      ) {
        return [
          {
            subject: 'systemd',
            field: 'unit files',
            before: 'as loaded',
            after: 'read again',
            kind: 'action',
          },
        ];
      }
      throw new TaskError('`name` is needed, or `daemon_reload: true` alone');
    }
    const unit = answers.get<'unit'>(unitQuery(params.name));
    const name = unitName(params.name);
    const changes = unitChanges({ ...params, name }, unit);
    const reload: Change = {
      subject: name,
      field: 'unit file',
      before: 'newer than loaded',
      after: 'read again',
    };
    return unit.needReload && (params.daemon_reload || changes.length > 0) ? [reload, ...changes] : changes;
  },

  apply(params, changes) {
    const reread = changes.some((change) => change.after === 'read again');
    return [
      ...(reread ? [daemonReload] : []),
      ...(params.name === undefined ? [] : unitSteps(unitName(params.name), changes)),
    ];
  },
});

function unitQuery(name: string): UnitQuery {
  return { kind: 'unit', name: unitName(name) };
}
