import type { JsonSchema } from '../../schema.js';
import { PLAN_FORMAT } from './plan.js';

const text: JsonSchema = { type: 'string' };
const maybeText: JsonSchema = { type: ['string', 'null'] };
const texts: JsonSchema = { type: 'array', items: text };
const digest: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{32}$' };

function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}

const change = object(
  {
    subject: text,
    field: text,
    before: maybeText,
    after: maybeText,
    diff: texts,
    kind: { const: 'action', description: 'done each time, and no state that differs' },
  },
  ['diff', 'kind'],
);

const step: JsonSchema = {
  oneOf: [
    object(
      {
        kind: { const: 'write' },
        path: text,
        size: { type: 'integer', description: 'bytes' },
        digest,
        mode: text,
        owner: text,
        group: text,
      },
      ['mode', 'owner', 'group'],
    ),
    object({ kind: { const: 'link' }, path: text, target: text }),
    object({ kind: { const: 'file' }, does: text, digest }),
    object({ kind: { const: 'run' }, argv: texts, digest }),
    object({ kind: { const: 'script' }, args: texts, digest }),
  ],
};

const planned = object(
  {
    task: object({ name: text, module: text, role: text, item: text, handler: { type: 'boolean' } }, [
      'role',
      'item',
      'handler',
    ]),
    position: { type: 'string', description: 'file:line:col' },
    on: { type: 'string', description: 'where it is done, when that is another host' },
    as: { type: 'string', description: 'the user that it is done as' },
    handler: { const: true },
    unsure: { type: 'string', description: 'why it may change something only' },
    changes: { type: 'array', items: change },
    steps: { type: 'array', items: step },
    rests: {
      type: 'array',
      description: 'the answers that it rests on',
      items: object({ about: text, digest }),
    },
    digest,
  },
  ['on', 'as', 'handler', 'unsure'],
);

/** JSON Schema of a plan file. */
export const planSchema: JsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A plan of provision',
  ...object({
    format: { const: PLAN_FORMAT },
    version: { type: 'string', description: 'of provision itself' },
    created: { type: 'string', description: 'ISO 8601, UTC' },
    command: object({
      playbook: maybeText,
      limit: maybeText,
      tags: texts,
      skipTags: texts,
      extraVars: { type: 'array', items: { oneOf: [object({ text }), object({ digest })] } },
      become: { type: 'boolean' },
      becomeUser: maybeText,
      user: maybeText,
    }),
    inventory: object({ sources: texts, digest }),
    salt: { type: 'string', description: 'keys all digests' },
    hosts: {
      type: 'object',
      additionalProperties: object({
        state: { enum: ['planned', 'failed', 'unreachable'] },
        changes: { type: 'array', items: planned },
      }),
    },
  }),
};
