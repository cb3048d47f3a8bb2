import type { LoginQuery } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { resource } from './resource.js';

export interface LoginParams {
  readonly timeout?: number;
  readonly connect_timeout?: number;
  readonly delay?: number;
  readonly sleep?: number;
}

export const waitForConnection = resource<LoginParams>({
  name: 'wait_for_connection',
  summary:
    'Wait until a new login to the host works. The connection of the run, open already, does not count.',
  changes: 'never',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      timeout: { type: 'integer', minimum: 1, default: 600, description: 'Seconds until it has failed.' },
      connect_timeout: {
        type: 'integer',
        minimum: 1,
        default: 5,
        description: 'Seconds for one try to log in.',
      },
      delay: { type: 'integer', minimum: 0, default: 0, description: 'Seconds before the first try.' },
      sleep: { type: 'integer', minimum: 1, default: 1, description: 'Seconds between tries.' },
    },
  },

  queries: (params) => [login(params)],

  plan(params, answers) {
    const answer = answers.get<'login'>(login(params));
    if (answer.ok) return [];
    throw new TaskError(`no new login to the host works within ${params.timeout ?? 600} s`, {
      detail: [answer.error],
      hint: 'what was open before may go on to work: the last change may have shut others out',
    });
  },

  apply: () => [],
});

function login({ timeout, connect_timeout: connectTimeout, delay, sleep }: LoginParams): LoginQuery {
  return {
    kind: 'login',
    timeout: timeout ?? 600,
    connectTimeout: connectTimeout ?? 5,
    delay: delay ?? 0,
    sleep: sleep ?? 1,
  };
}
