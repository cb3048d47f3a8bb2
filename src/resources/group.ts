import type { GroupQuery } from '../agent/query.js';
import type { RunStep } from '../agent/step.js';
import { accountNameSchema } from './account/name.js';
import { resource, type Resource } from './resource.js';

interface Params {
  readonly name: string;
  readonly gid?: number;
  readonly system: boolean;
  readonly state: 'present' | 'absent';
}

export const group: Resource = resource<Params>({
  name: 'group',
  summary: 'A group.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: { ...accountNameSchema, description: 'its name' },
      gid: { type: 'integer', minimum: 0, description: 'its number' },
      system: {
        type: 'boolean',
        default: false,
        description: 'a new group gets a number of the system’s range',
      },
      state: { enum: ['present', 'absent'], default: 'present', description: 'whether it is there' },
    },
  },

  queries: (params) => [groupQuery(params)],

  plan(params, answers) {
    const current = answers.get<'group'>(groupQuery(params));
    const subject = params.name;
    if (params.state === 'absent')
      return current.exists ? [{ subject, field: 'state', before: 'present', after: null }] : [];
    if (!current.exists) {
      const gid =
        params.gid === undefined ? [] : [{ subject, field: 'gid', before: null, after: params.gid }];
      return [{ subject, field: 'state', before: null, after: 'present' }, ...gid];
    }
    if (params.gid === undefined || params.gid === current.gid) return [];
    return [{ subject, field: 'gid', before: current.gid, after: params.gid }];
  },

  apply(params, changes) {
    const state = changes.find((change) => change.field === 'state');
    if (state?.after === null) return [step(['groupdel', '--', params.name])];
    const gid = params.gid === undefined ? [] : ['-g', String(params.gid)];
    if (!state) return [step(['groupmod', ...gid, '--', params.name])];
    return [step(['groupadd', ...(params.system ? ['-r'] : []), ...gid, '--', params.name])];
  },
});

function groupQuery({ name }: Params): GroupQuery {
  return { kind: 'group', name };
}

/** The account files are written one after the other: half an account is worse than an unwatched change. */
function step(argv: string[]): RunStep {
  return { kind: 'run', argv, uninterruptible: true };
}
