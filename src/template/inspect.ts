import { parseExpressionAt, tokTypes, tokenizer, type Node } from 'acorn';
import { Script } from 'node:vm';
import { ConfigurationError, type Position } from '../errors.js';
import {
  CodeError,
  analyseExpression,
  analyseTemplate,
  outputCode,
  statementsOf,
  type Analysis,
} from './analysis.js';
import { findJinjaInTemplate } from './jinja.js';
import { TagError, splitTemplate, type Part } from './parts.js';

/** A text with code in it, and where its characters stand. */
export interface Text {
  readonly source: string;
  positionAt(offset: number): Position;
}

/** A template whose syntax is known to be good. */
export interface Inspected {
  readonly parts: readonly Part[];
  /** the code of a template that is one output tag and nothing else, and where it starts */
  readonly single: { readonly code: string; readonly offset: number } | undefined;
}

const inspected = new Map<string, Inspected>();
const sound = new Set<string>();

/** Take a template apart and check its syntax, once a source. @throws ConfigurationError at the place of what is wrong */
export function inspectTemplate(text: Text): Inspected {
  let known = inspected.get(text.source);
  if (!known) {
    known = placed(text, () => inspect(text.source));
    inspected.set(text.source, known);
  }
  return known;
}

/** Check a bare expression, once a source. @throws ConfigurationError at the place of what is wrong */
export function inspectExpression(text: Text): void {
  if (sound.has(text.source)) return;
  placed(text, () => checkExpression(text.source, 0));
  sound.add(text.source);
}

/** The code of a sound template, for free variables and for the places of errors. */
export function analysisOf(source: string, kind: 'template' | 'expression'): Analysis {
  return kind === 'expression' ? analyseExpression(source) : analyseTemplate(source, splitTemplate(source));
}

function inspect(source: string): Inspected {
  const parts = splitTemplate(source);
  const jinja = findJinjaInTemplate(source);
  if (jinja !== undefined) throw new JinjaError(jinja);
  for (const part of parts)
    if (part.kind === 'output') checkExpression(outputCode(source, part), part.codeStart);
  const [first] = parts;
  if (parts.length === 1 && first?.kind === 'output') {
    return { parts, single: { code: outputCode(source, first), offset: first.codeStart } };
  }
  // Expressions alone were checked one by one; statements only make sense together.
  if (parts.some((part) => part.kind === 'code') && !isScript(statementsOf(source, parts)))
    analyseTemplate(source, parts);
  return { parts, single: undefined };
}

/** Is it one expression and nothing else? */
function checkExpression(code: string, offset: number): void {
  if (code.trim() === '') throw new CodeError('an expression is missing', offset);
  // The first place takes no sequence, the second closes no bracket of the first: what fits into both is one expression.
  if (isScript(`[0? ${code}\n:0,(${code}\n)]`)) return;
  // With its parentheses: without them a node ends before the one that closes it.
  const options = { ecmaVersion: 2024, sourceType: 'script', preserveParens: true } as const;
  let node: Node;
  let rest: { type: unknown; start: number };
  try {
    node = parseExpressionAt(code, 0, options);
    rest = tokenizer(code.slice(node.end), options).getToken();
  } catch (error) {
    const { message, pos } = error as SyntaxError & { pos?: number };
    throw new CodeError(message.replace(/ \(\d+:\d+\)$/, ''), offset + Math.min(pos ?? 0, code.length));
  }
  if (node.type === 'SequenceExpression')
    throw new CodeError('one expression is expected, not several', offset);
  if (rest.type !== tokTypes.eof) throw new CodeError('Unexpected token', offset + node.end + rest.start);
}

/**
 * Whether V8, which will run it, can parse it. Acorn, which knows where a mistake is, takes twenty times as long: it is asked only about
 * what this refuses.
 */
function isScript(code: string): boolean {
  try {
    new Script(code);
    return true;
  } catch {
    return false;
  }
}

function placed<T>(text: Text, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof TagError) {
      const hint =
        'In YAML, " #" starts a comment: put the whole value in quotes. A plain "<%" is written "<%%".';
      throw new ConfigurationError(error.message, { position: text.positionAt(error.offset), hint });
    }
    if (error instanceof JinjaError) throw jinjaRefusal(text.positionAt(error.offset));
    if (!(error instanceof CodeError)) throw error;
    const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
    throw new ConfigurationError(
      `not a valid ${text.source.includes('<%') ? 'template' : 'expression'}: ${message}`,
      {
        position: text.positionAt(error.offset),
        hint: hintFor(text.source),
      },
    );
  }
}

/** Thrown for Jinja in a template's text. */
class JinjaError extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super('Jinja');
    this.offset = offset;
  }
}

/** The error that Jinja stands where it would reach a host as it is. */
export function jinjaRefusal(position: Position, hint = IN_TEMPLATES): ConfigurationError {
  return new ConfigurationError('this is Jinja, which is not expanded here', { position, hint });
}

const IN_TEMPLATES =
  "Write <%= name %> for {{ name }} and <% if (…) { %> for {% if … %}. To keep a text as it is, put it between <%# raw %> and <%# endraw %>, or into a tag: <%= '{{ name }}' %>.";

function hintFor(source: string): string {
  const jinja = /\b(?:and|or|not|is|defined)\b|\|\s*\w+|\{\{|\bTrue\b|\bFalse\b|\bNone\b/.test(source);
  if (!jinja)
    return 'Code in templates and conditions is JavaScript. Look for a missing quote, bracket or operator just before.';
  return `Code here is JavaScript: && for "and", || for "or", ! for "not", defined('x') for "x is defined", vars.x ?? 'd' for a default.`;
}
