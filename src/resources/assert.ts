import { TaskError } from '../errors.js';
import { type Evaluated, isEvaluated, showValue } from './evaluated.js';
import { resource } from './resource.js';

export interface AssertParams {
  readonly that: Evaluated | readonly Evaluated[];
  readonly fail_msg?: string;
  readonly msg?: string;
  readonly success_msg?: string;
  readonly quiet?: boolean;
}

export const assert = resource<AssertParams>({
  name: 'assert',
  summary: 'Fail unless expressions hold.',
  changes: 'never',
  expressions: ['that'],
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['that'],
    properties: {
      that: {
        type: ['string', 'boolean', 'array'],
        items: { type: ['string', 'boolean'] },
        minItems: 1,
        description: 'Expressions that must hold.',
      },
      fail_msg: { type: 'string', description: 'What to say when one does not hold.' },
      msg: { type: 'string', description: 'The same as fail_msg.' },
      success_msg: { type: 'string', description: 'What to say when all hold.' },
      quiet: { type: 'boolean', default: false, description: 'Say nothing when all hold.' },
    },
  },

  queries: () => [],

  plan(params) {
    const failed = conditions(params).filter(({ value }) => !value);
    if (failed.length === 0) return [];
    const message = params.fail_msg ?? params.msg;
    const lines = failed.map(({ source, value }) => `${source}   is ${showValue(value)}`);
    throw new TaskError(message ?? `does not hold: ${failed.map(({ source }) => source).join('; ')}`, {
      detail: message === undefined && failed.every(({ value }) => value === false) ? [] : lines,
      // Who wrote a message of his own has said what to do.
      ...(message === undefined ? { hint: 'correct the variables that these expressions read' } : {}),
    });
  },

  apply: () => [],

  result: (params) => (params.quiet === true ? {} : { msg: params.success_msg ?? 'All assertions passed' }),
});

function conditions({ that }: AssertParams): readonly Evaluated[] {
  return [that]
    .flat()
    .map((one: unknown) => (isEvaluated(one) ? one : { source: String(one), value: one === true }));
}
