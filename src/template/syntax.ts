import type { Expression } from './expression.js';
import { inspectExpression, inspectTemplate } from './inspect.js';
import { advance, Template, Vaulted, type Loaded } from './template.js';
import type { Text } from './inspect.js';

/** Check all Templates in a loaded value. @throws ConfigurationError at the place of a syntax error */
export function checkSyntax(value: Loaded): void {
  if (value instanceof Vaulted || typeof value !== 'object' || value === null) return;
  if (value instanceof Template) inspectTemplate(value);
  else for (const inner of Object.values(value)) checkSyntax(inner as Loaded);
}

/** @throws ConfigurationError at the place of a syntax error */
export function checkExpressionSyntax(expression: Expression): void {
  inspectExpression(textOfExpression(expression));
}

/** Check the text of a template file. @throws ConfigurationError at the place of a syntax error */
export function checkFileSyntax(text: string, file: string): void {
  inspectTemplate(textOfFile(text, file));
}

export function textOfExpression(expression: Expression): Text {
  const { source, position, positionAt } = expression;
  return { source, positionAt: positionAt ?? ((offset) => advance(position, source.slice(0, offset))) };
}

export function textOfFile(source: string, file: string): Text {
  return { source, positionAt: (offset) => advance({ file, line: 1, col: 1 }, source.slice(0, offset)) };
}
