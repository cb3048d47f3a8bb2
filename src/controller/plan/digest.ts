import { createHmac } from 'node:crypto';
import { TaskError } from '../../errors.js';
import type { Answer, FileAnswer, ListenAnswer, Query, UnitAnswer } from '../../agent/query.js';

/** A keyed digest of any JSON value with Buffers in it, the same whatever the order of keys. 32 hex digits. */
export function digestOf(value: unknown, salt: string): string {
  return createHmac('sha256', salt).update(canonical(value)).digest('hex').slice(0, 32);
}

/** What of an answer a plan rests on: what changes by itself (times, process ids, what a program says) is left out. */
export function restOf(query: Query, answer: Answer): unknown {
  if ('refused' in answer && answer.refused instanceof TaskError) return { refused: answer.refused.message };
  switch (query.kind) {
    case 'file': {
      const file = answer as FileAnswer;
      if (!file.exists) return file;
      const { type, mode, owner, group, target } = file;
      return { type, mode, owner, group, target };
    }
    case 'unit': {
      const { load, active, enabled } = answer as UnitAnswer;
      return { load, active, enabled };
    }
    case 'listen':
      return (answer as ListenAnswer).sockets
        .map(({ protocol, address, port }) => `${protocol} ${address} ${port}`)
        .sort();
    case 'command':
    case 'script':
    case 'facts':
    case 'markers':
      // Read for what it means only: that is in the changes.
      return null;
    default:
      return answer;
  }
}

/** JSON with sorted keys, without what is undefined; a Buffer, which may be large or binary, in base64. */
export function canonical(value: unknown): string {
  if (Buffer.isBuffer(value)) return `<${value.toString('base64')}>`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value instanceof Map) return canonical([...value].sort());
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}
