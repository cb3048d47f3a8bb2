import { parse, type ExpressionStatement, type Identifier, type MemberExpression, type Node } from 'acorn';
import { findFreeIdentifiers, walk } from './free-identifiers.js';
import type { Part } from './parts.js';

/** The JavaScript of a template or an expression, taken apart. Offsets count from the start of the user's text. */
export interface Analysis {
  /** by name: where a name is used that the text itself does not declare */
  readonly free: ReadonlyMap<string, readonly Identifier[]>;
  readonly members: readonly MemberExpression[];
  readonly offsetOf: (node: Node) => number;
  readonly textOf: (node: Node) => string;
  /** the expression of the output tag whose code starts at this offset */
  readonly expressionAt: (start: number) => Node | undefined;
}

/** Thrown by acorn; `pos` counts in the parsed code. */
interface ParseError extends SyntaxError {
  readonly pos: number;
}

/** JavaScript that is not valid. `offset` counts in the user's text. */
export class CodeError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A piece of the parsed code that stands in the user's text as it is. */
interface Chunk {
  readonly from: number;
  readonly start: number;
  readonly length: number;
}

interface Assembled {
  readonly code: string;
  readonly chunks: readonly Chunk[];
}

const OPTIONS = { ecmaVersion: 2024, sourceType: 'script' } as const;

/** @throws CodeError */
export function analyseExpression(source: string): Analysis {
  return analyse({ code: `(${source}\n)`, chunks: [{ from: 1, start: 0, length: source.length }] }, source);
}

/**
 * The statements are put together as EJS does it, so that what is valid here is valid there.
 * @throws CodeError
 */
export function analyseTemplate(source: string, parts: readonly Part[]): Analysis {
  return analyse(assemble(source, parts), source);
}

/** The statements of a template, put together as EJS does it. */
export function statementsOf(source: string, parts: readonly Part[]): string {
  return assemble(source, parts).code;
}

/** The code of an output tag without the semicolon that EJS allows at its end. */
export function outputCode(source: string, part: { codeStart: number; codeEnd: number }): string {
  return source.slice(part.codeStart, part.codeEnd).replace(/;(\s*)$/, ' $1');
}

function assemble(source: string, parts: readonly Part[]): Assembled {
  let code = '';
  const chunks: Chunk[] = [];
  parts.forEach((part, index) => {
    if (part.kind === 'text') {
      if (!isSlurped(source, parts, index)) code += ';0\n';
    } else if (part.kind !== 'comment') {
      const text =
        part.kind === 'output' ? outputCode(source, part) : source.slice(part.codeStart, part.codeEnd);
      code += part.kind === 'output' ? ';(' : ';';
      chunks.push({ from: code.length, start: part.codeStart, length: text.length });
      code += part.kind === 'output' ? `${text}\n)\n` : `${text}\n`;
    }
  });
  return { code, chunks };
}

/** Does nothing remain of a text beside tags that eat white space? Then it is no statement that could part `{` and `case`. */
function isSlurped(source: string, parts: readonly Part[], index: number): boolean {
  const { start, end } = parts[index]!;
  let text = source.slice(start, end);
  const before = source.slice(0, start);
  if (before.endsWith('_%>')) text = text.replace(/^[ \t]*/, '');
  if (/[-_]%>$/.test(before)) text = text.replace(/^(?:\r\n|\r|\n)/, '');
  if (source.startsWith('<%_', end)) text = text.replace(/[ \t]*$/, '');
  return text === '';
}

function analyse(assembled: Assembled, source: string): Analysis {
  const { code, chunks } = assembled;
  const toSource = (offset: number): number => {
    const chunk = chunks.findLast((one) => one.from <= offset) ?? chunks[0];
    return chunk ? chunk.start + Math.min(Math.max(offset - chunk.from, 0), chunk.length) : 0;
  };
  let program: Node;
  try {
    program = parse(code, OPTIONS);
  } catch (error) {
    const { message, pos } = error as ParseError;
    throw new CodeError(message.replace(/ \(\d+:\d+\)$/, ''), toSource(pos));
  }
  const offsetOf = (node: Node): number => toSource(node.start);
  return {
    free: findFreeIdentifiers(program),
    members: membersOf(program),
    offsetOf,
    textOf: (node) => source.slice(toSource(node.start), toSource(node.end)),
    expressionAt: (start) =>
      expressionIn(
        program,
        chunks.find((chunk) => chunk.start === start),
      ),
  };
}

function membersOf(program: Node): MemberExpression[] {
  const members: MemberExpression[] = [];
  walk(program, (node) => {
    if (node.type === 'MemberExpression') members.push(node as MemberExpression);
  });
  return members;
}

function expressionIn(program: Node, chunk: Chunk | undefined): Node | undefined {
  let found: Node | undefined;
  walk(program, (node) => {
    if (!chunk || found || node.type !== 'ExpressionStatement') return;
    const { expression } = node as ExpressionStatement;
    if (expression.start >= chunk.from && expression.end <= chunk.from + chunk.length) found = expression;
  });
  return found;
}
