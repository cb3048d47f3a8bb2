import {
  parseExpressionAt,
  type AssignmentExpression,
  type BinaryExpression,
  type Expression,
  type Identifier,
  type Node,
} from 'acorn';
import { walk } from '../template/free-identifiers.js';

/** Something that is valid JavaScript and means something else than in Ansible. */
export interface Trap {
  readonly kind: 'in' | 'filter' | 'assignment' | 'constant';
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

/** Mappings whose keys may well be asked for with `in`. */
const MAPPINGS = new Set(['vars', 'hostvars', 'groups', 'ansible_facts']);

/** The first trap in an expression whose syntax is good. */
export function findTrap(source: string): Trap | undefined {
  // Most conditions hold none of these and need not be parsed again.
  if (!/\bin\b|(?<!\|)\|(?!\|)|(?<![=!<>])=(?![=>])|\b(?:True|False|None)\b/.test(source)) return undefined;
  const traps: Trap[] = [];
  walk(parseExpressionAt(source, 0, { ecmaVersion: 2024 }), (node) => {
    const trap = trapOf(node, source);
    if (trap) traps.push(trap);
  });
  return traps.sort((a, b) => a.offset - b.offset)[0];
}

function trapOf(node: Node, source: string): Trap | undefined {
  switch (node.type) {
    case 'BinaryExpression':
      return trapOfOperator(node as BinaryExpression, source);
    case 'AssignmentExpression': {
      const { operator, start } = node as AssignmentExpression;
      if (operator !== '=') return undefined;
      return {
        kind: 'assignment',
        offset: start,
        message: 'this "=" assigns and does not compare',
        hint: 'Write == or ===.',
      };
    }
    case 'Identifier': {
      const { name, start } = node as Identifier;
      if (name !== 'True' && name !== 'False' && name !== 'None') return undefined;
      const word = name === 'None' ? 'null' : name.toLowerCase();
      return { kind: 'constant', offset: start, message: `"${name}" is Python`, hint: `Write ${word}.` };
    }
    default:
      return undefined;
  }
}

function trapOfOperator(
  { operator, left, right, start }: BinaryExpression,
  source: string,
): Trap | undefined {
  const textOf = (node: Node): string => source.slice(node.start, node.end);
  if (operator === 'in' && !(right.type === 'Identifier' && MAPPINGS.has(right.name))) {
    return {
      kind: 'in',
      offset: start,
      message: 'in JavaScript "in" asks for a key, not for an item of a list',
      hint: `Write ${textOf(right)}.includes(${textOf(left)}), or Object.hasOwn(${textOf(right)}, ${textOf(left)}) for a key of a mapping.`,
    };
  }
  if (operator === '|' && filterOf(right)) {
    return {
      kind: 'filter',
      offset: start,
      message: `"|" is no filter here: it would combine bits`,
      hint: `Call a function or a method on ${textOf(left)} instead of "| ${textOf(right)}"; for "or" write ||.`,
    };
  }
  return undefined;
}

/** In `packages | length > 0` the operator's right side is a comparison. */
function filterOf(right: Expression): Identifier | undefined {
  if (right.type === 'Identifier') return right;
  if (right.type === 'CallExpression' && right.callee.type === 'Identifier') return right.callee;
  return right.type === 'BinaryExpression' && right.left.type !== 'PrivateIdentifier'
    ? filterOf(right.left)
    : undefined;
}
