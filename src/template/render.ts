import type { Scope } from './scope.js';
import type { Loaded, Template } from './template.js';

export { evaluate } from './evaluate.js';

/**
 * A loaded value with its Templates rendered. A Template that is exactly one `<%= expression %>` keeps the expression's type.
 * @throws EvaluationError at its place in the file; PendingValue untouched
 */
export function renderValue(_value: Loaded, _scope: Scope): unknown {
  throw new Error('being written');
}

export function renderText(_template: Template, _scope: Scope): string {
  throw new Error('being written');
}

/** A template file's text, rendered. `file` is its path: for messages, and where its includes are searched. */
export function renderFile(_text: string, _file: string, _scope: Scope): string {
  throw new Error('being written');
}
