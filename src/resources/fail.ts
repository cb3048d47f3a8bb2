import { TaskError } from '../errors.js';
import { resource } from './resource.js';

export const fail = resource<{ readonly msg: string }>({
  name: 'fail',
  summary: 'Fail with a message.',
  changes: 'never',
  freeForm: 'msg',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      msg: { type: 'string', default: 'Failed as requested from task', description: 'Why.' },
    },
  },
  queries: () => [],
  plan({ msg }) {
    throw new TaskError(msg);
  },
  apply: () => [],
});
