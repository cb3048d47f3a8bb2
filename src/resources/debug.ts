import { TaskError } from '../errors.js';
import { type Evaluated, isEvaluated, showValue } from './evaluated.js';
import { resource } from './resource.js';

export interface DebugParams {
  readonly msg?: unknown;
  readonly var?: Evaluated | readonly Evaluated[];
}

export const debug = resource<DebugParams>({
  name: 'debug',
  summary: 'Show a message or the value of an expression.',
  changes: 'never',
  freeForm: 'msg',
  expressions: ['var'],
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      msg: { description: 'What to show. Default: Hello world!' },
      var: { type: 'string', description: 'An expression whose value to show, instead of msg.' },
    },
  },

  queries: () => [],

  plan(params) {
    if (params.msg !== undefined && params.var !== undefined) {
      throw new TaskError('debug takes msg or var, not both', { hint: 'keep one of them' });
    }
    return [];
  },

  apply: () => [],

  result({ msg, var: expression }) {
    if (expression === undefined) return { msg: msg ?? 'Hello world!' };
    const [one] = [expression].flat();
    const { source, value } = isEvaluated(one) ? one : { source: 'var', value: one };
    return { msg: `${source} = ${showValue(value)}`, [source]: value };
  },
});
