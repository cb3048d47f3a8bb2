import type { Insert } from './compile.js';

/** A value that cannot be part of a text. `kind` says what it is. */
export class InsertError extends Error {
  readonly kind: 'missing' | 'list' | 'map' | 'number' | 'function';
  readonly value: unknown;

  constructor(kind: InsertError['kind'], value: unknown) {
    super(`a ${kind} cannot be inserted`);
    this.kind = kind;
    this.value = value;
  }
}

/** A new inserter for one rendering. Nothing is escaped: what is written is no HTML. */
export function createInsert(): Insert {
  const insert = (_at: number, value: unknown): string => toText(value);
  return Object.assign(insert, { at: 0 });
}

function toText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw new InsertError('number', value);
      return String(value);
    case 'undefined':
      throw new InsertError('missing', value);
    case 'function':
    case 'symbol':
      throw new InsertError('function', value);
    default:
      if (value === null) throw new InsertError('missing', value);
      throw new InsertError(Array.isArray(value) ? 'list' : 'map', value);
  }
}
