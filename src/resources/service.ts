import type { Answers, UnitAnswer, UnitQuery } from '../agent/query.js';
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
          'read changed unit files: before anything is done with the unit, and where one of its files was put there or changed since systemd read ' +
          'them, whatever its time says; always, where no unit is named. ' +
          'Without it changed files are read as well, before a unit is started, restarted or reloaded',
      },
    },
  },

  queries(params, known) {
    if (params.name === undefined) return [];
    const query = unitQuery(params);
    if (query.loaded === true) return [query];
    // Its files matter when it is started. That is known once it is known not to run.
    const starts =
      known?.has(query) === true &&
      changesOf(params, known.get<'unit'>(query)).some(({ after }) => after === 'started');
    return starts ? [query, { ...query, loaded: true }] : [query];
  },

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
    const unit = unitAnswer(params, answers);
    const changes = changesOf(params, unit);
    const reload: Change = {
      subject: unit.id,
      field: 'unit file',
      before: 'newer than loaded',
      after: 'read again',
    };
    return unit.needReload && (params.daemon_reload || changes.length > 0) ? [reload, ...changes] : changes;
  },

  apply(params, changes, answers) {
    const reread = changes.some((change) => change.after === 'read again');
    return [
      // Whatever could be told of the files: who asks for it relies on it.
      ...(reread || params.daemon_reload ? [daemonReload] : []),
      ...(params.name === undefined ? [] : unitSteps(unitAnswer(params, answers).id, changes)),
    ];
  },
});

function changesOf(params: Params, unit: UnitAnswer): Change[] {
  return unitChanges({ ...params, name: unitName(params.name ?? '') }, unit);
}

/** What compares the unit's files knows all that the other does. */
function unitAnswer(params: Params, answers: Answers): UnitAnswer {
  const query = unitQuery(params);
  const compared: UnitQuery = { ...query, loaded: true };
  return answers.get<'unit'>(answers.has(compared) ? compared : query);
}

/** `restarted` and `reloaded` are always done, so that its files are looked at in the same request. */
function unitQuery({ name = '', state, daemon_reload }: Params): UnitQuery {
  const loaded = daemon_reload || state === 'restarted' || state === 'reloaded';
  return { kind: 'unit', name: unitName(name), ...(loaded ? { loaded } : {}) };
}
