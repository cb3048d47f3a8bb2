import type { RunEvent } from '../events.js';
import type { JsonSchema } from '../schema.js';
import { EVENTS_VERSION } from './json.js';

const text: JsonSchema = { type: 'string' };
const maybeText: JsonSchema = { type: ['string', 'null'] };
const texts: JsonSchema = { type: 'array', items: text };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const flag: JsonSchema = { type: 'boolean' };
const ms: JsonSchema = { type: 'number', description: 'milliseconds' };

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

const task = object({ name: text, module: text, role: text, item: text, handler: flag }, [
  'role',
  'item',
  'handler',
]);

const error = object(
  {
    kind: { type: 'string', description: 'TaskError, UnreachableError, ConfigurationError …' },
    message: text,
    host: text,
    task: text,
    position: { type: 'string', description: 'file:line:col' },
    hint: { type: 'string', description: 'what to try' },
    detail: { ...texts, description: 'the last lines of a program' },
  },
  ['host', 'task', 'position', 'hint'],
);

const changes: JsonSchema = {
  type: 'array',
  items: object(
    {
      subject: text,
      field: text,
      before: { ...maybeText, description: 'null: was not there' },
      after: { ...maybeText, description: 'null: shall not be there' },
      diff: { ...texts, description: 'lines of a unified diff, for contents' },
      kind: { const: 'action', description: 'done each time, and no state that differs' },
    },
    ['diff', 'kind'],
  ),
};

const result = object(
  {
    status: { enum: ['ok', 'changed', 'skipped', 'may-change'] },
    changes,
    message: text,
    reason: { type: 'string', description: 'why it was skipped or may change' },
    ms,
  },
  ['message', 'reason'],
);

const recap = object({
  hosts: {
    type: 'array',
    items: object({
      host: text,
      ok: count,
      changed: count,
      mayChange: count,
      failed: count,
      skipped: count,
      unreachable: flag,
      checksPassed: count,
      checksFailed: count,
      roundTrips: count,
      ms,
    }),
  },
  ms,
});

/** The fields of each type of event, besides version, time and type. */
const events: Readonly<Record<RunEvent['type'], JsonSchema>> = {
  'run-start': object({
    playbook: text,
    inventory: text,
    hosts: texts,
    check: { ...flag, description: 'a dry run' },
    tasks: { ...count, description: 'of all hosts together, without handlers' },
  }),
  'play-start': object({ play: text, hosts: texts }),
  'host-connected': object({ host: text, ms }),
  request: object(
    { host: text, user: text, queries: count, steps: count, sent: count, received: count, ms },
    ['user'],
  ),
  'task-start': object({ host: text, task }),
  'task-result': object({ host: text, task, result }),
  'task-end': object({
    host: text,
    task,
    status: { enum: ['ok', 'changed', 'skipped', 'may-change', 'failed'] },
    ms,
  }),
  output: object({ host: text, task, stream: { enum: ['stdout', 'stderr'] }, line: text }),
  sending: object({
    host: text,
    task,
    path: { type: 'string', description: 'where the file goes on the host' },
    sent: { ...count, description: 'bytes that are on the host, or on their way' },
    size: { ...count, description: 'bytes' },
    ms,
  }),
  retry: object({ host: text, task, attempt: count, of: count }),
  'task-failed': object({ host: text, task, error, fate: { enum: ['failed', 'ignored', 'rescued'] } }),
  'host-unreachable': object({ host: text, error }),
  warning: object({ message: text, host: text }, ['host']),
  'verify-start': object({ hosts: texts }),
  'check-result': object({ host: text, task, ok: flag, message: text, attempts: count, ms }),
  drift: object(
    {
      host: text,
      task,
      subject: { type: 'string', description: 'a file, a package, a unit' },
      changes,
      modified: { type: 'string', description: 'of a file: ISO 8601, UTC' },
      written: object({ by: text, at: text }),
    },
    ['modified', 'written'],
  ),
  interrupted: object({
    left: {
      type: 'array',
      items: object({ host: text, tasks: count, next: text, handlers: texts }, ['next']),
    },
  }),
  'run-end': object({ recap }),
};

/** JSON Schema of one line of `--format json`. */
export const eventSchema: JsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A line of provision --format json',
  oneOf: Object.entries(events).map(([type, { properties = {}, required = [] }]) => ({
    type: 'object',
    additionalProperties: false,
    required: ['version', 'time', 'type', ...required],
    properties: {
      version: { const: EVENTS_VERSION },
      time: { type: 'string', description: 'ISO 8601, UTC' },
      type: { const: type },
      ...properties,
    },
  })),
};
