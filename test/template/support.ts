import { ConfigurationError, formatPosition } from '../../src/errors.js';
import type { Expression } from '../../src/template/expression.js';
import { plainScope, type Scope } from '../../src/template/scope.js';
import { Template } from '../../src/template/template.js';

export function template(source: string): Template {
  return new Template(source, { file: 't.yml', line: 1, col: 1 });
}

export function expression(source: string): Expression {
  return { source, position: { file: 't.yml', line: 1, col: 1 } };
}

export function scopeOf(values: Record<string, unknown> = {}): Scope {
  return plainScope(values);
}

/** The error for people that a call throws. */
export function failureOf(call: () => unknown): ConfigurationError {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export function whereOf(error: ConfigurationError): string {
  return error.position ? formatPosition(error.position) : 'nowhere';
}
