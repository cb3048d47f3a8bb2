import type { Expression } from './expression.js';
import type { Loaded } from './template.js';

/** Check all Templates in a loaded value. @throws ConfigurationError at the exact place of a syntax error */
export function checkSyntax(_value: Loaded): void {
  throw new Error('being written');
}

export function checkExpressionSyntax(_expression: Expression): void {
  throw new Error('being written');
}

export function checkFileSyntax(_text: string, _file: string): void {
  throw new Error('being written');
}
