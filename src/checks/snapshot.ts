import type { Answers } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { stateIn, stateQuery, type SnapshotState } from '../resources/snapshot/state.js';
import { check } from './check.js';
import { everyHost, verdictOf } from './every-host.js';

interface Params {
  readonly path: string;
  readonly store: string;
}

/** Files of a difference that are named. */
const NAMED = 10;

export const snapshot = check<Params>({
  name: 'snapshot',
  summary: 'A folder is as the module snapshot has recorded it.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['path', 'store'],
    properties: {
      path: { type: 'string', pattern: '^/.*[^/]$', description: 'The folder.' },
      store: { type: 'string', pattern: '^/.*[^/]$', description: 'Where the record is, as in the module.' },
    },
  },

  queries: (params) => [stateQuery(params)],

  verdict: (params, answers) =>
    everyHost(answers, (known) => {
      const state = seen(params, known);
      if (state instanceof TaskError)
        return { ok: false, message: [state.message, ...state.detail].join(': ') };
      if (state.kind === 'absent') return { ok: false, message: `${params.path} is not there` };
      if (state.kind === 'unrecorded')
        return {
          ok: false,
          message: `nothing was recorded of ${params.path}: a run of the playbook does it`,
        };
      const files = state.kind === 'differs' ? state.files : [];
      const wrong = files
        .slice(0, NAMED)
        .map(({ path, how }) => `${params.path}/${path} was ${how} since it was recorded`);
      if (files.length > NAMED) wrong.push(`${files.length - NAMED} more files differ`);
      return verdictOf(wrong, `${params.path} is as it was recorded`);
    }),
});

function seen(params: Params, answers: Answers): SnapshotState | TaskError {
  try {
    return stateIn(answers, params);
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
}
