import type { Expression } from './expression.js';
import { analysisOf } from './inspect.js';
import { Template, Vaulted, type Loaded } from './template.js';

/**
 * The names that a value's templates or an expression use and do not declare themselves: variables, functions and
 * JavaScript's own names alike. What is read as `vars.x` counts as `vars`.
 * The syntax must have been checked.
 */
export function freeVariables(of: Loaded | Expression): Set<string> {
  const names = new Set<string>();
  collect(of, names);
  return names;
}

function collect(of: Loaded | Expression, names: Set<string>): void {
  if (of instanceof Vaulted || typeof of !== 'object' || of === null) return;
  if (of instanceof Template) add(of.source, 'template', names);
  else if (isExpression(of)) add(of.source, 'expression', names);
  else for (const inner of Object.values(of)) collect(inner as Loaded, names);
}

function isExpression(value: object): value is Expression {
  const { source, position } = value as Partial<Expression>;
  return typeof source === 'string' && typeof position === 'object' && typeof position.line === 'number';
}

function add(source: string, kind: 'template' | 'expression', names: Set<string>): void {
  for (const name of analysisOf(source, kind).free.keys()) names.add(name);
}
