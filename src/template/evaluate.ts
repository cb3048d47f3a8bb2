import { compileExpression } from './compile.js';
import { NO_THIS, environmentOf } from './environment.js';
import type { Expression } from './expression.js';
import { inspectExpression, type Text } from './inspect.js';
import { locate } from './locate.js';
import type { Scope } from './scope.js';
import { textOfExpression } from './syntax.js';

/**
 * The value of a bare expression (`when:` and the like).
 * @throws EvaluationError at its place in the file; PendingValue untouched
 */
export function evaluate(expression: Expression, scope: Scope): unknown {
  const text = textOfExpression(expression);
  inspectExpression(text);
  return run(text, scope);
}

/** The same for a text whose syntax is known to be good. */
export function run(text: Text, scope: Scope): unknown {
  try {
    return compileExpression(text.source).call(NO_THIS, environmentOf(scope));
  } catch (error) {
    throw locate(error, text, { kind: 'expression', start: 0, end: text.source.length, line: 0 }, scope);
  }
}
