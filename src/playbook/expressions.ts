import { ConfigurationError } from '../errors.js';
import { advance, Template } from '../template/template.js';
import type { Expression } from '../template/expression.js';
import { checkExpressionSyntax } from '../template/syntax.js';
import { findTrap } from './expression-traps.js';
import { itemsOf, placeOf, wrong, type YamlNode } from './node.js';
import { toJavaScript } from './to-javascript.js';

/** The conditions of `when` and the like: one, or a list whose members must all hold. @throws ConfigurationError in the expression */
export function readConditions(node: YamlNode): Expression[] {
  return itemsOf(node).map(readCondition);
}

/** @throws ConfigurationError at the place in the expression */
export function readCondition(node: YamlNode): Expression {
  const { value } = node;
  if (value instanceof Template) {
    const bare = /^\s*<%[=-]\s*(.*?)\s*-?%>\s*$/s.exec(value.source)?.[1];
    const hint = bare === undefined ? 'Write the expression alone.' : `Write it alone: ${bare}`;
    throw wrong(node, 'a condition is an expression already and stands without <%= %>', hint);
  }
  const expression = {
    source: String(value),
    position: placeOf(node),
    positionAt: node.document.placesOf(node.path),
  };
  checkExpression(expression);
  return expression;
}

function checkExpression(expression: Expression): void {
  const { source, position, positionAt } = expression;
  try {
    checkExpressionSyntax(expression);
  } catch (error) {
    const javascript = toJavaScript(source);
    if (!(error instanceof ConfigurationError) || javascript === undefined) throw error;
    throw new ConfigurationError('conditions are JavaScript, this is Jinja or Python', {
      position: error.position,
      hint: `Write: ${javascript}`,
      cause: error,
    });
  }
  const trap = findTrap(source);
  if (!trap) return;
  const javascript = trap.kind === 'in' ? undefined : toJavaScript(source);
  throw new ConfigurationError(trap.message, {
    position: positionAt ? positionAt(trap.offset) : advance(position, source.slice(0, trap.offset)),
    hint: javascript === undefined ? trap.hint : `Write: ${javascript}`,
  });
}
