import ejs from 'ejs';
import { outputCode } from './analysis.js';
import type { Part } from './parts.js';

/** Turns a value into the text that is inserted. `at` is set to the number of the output tag before its value is computed. */
export interface Insert {
  (at: number, value: unknown): string;
  at: number;
}

/** What EJS's compiled function is called with. `rethrow` gets what was thrown and the line it was thrown in, from 1. */
export type CompiledTemplate = (
  environment: object,
  insert: Insert,
  include: (path: string) => string,
  rethrow: (error: unknown, lines: string, file: string | undefined, line: number) => never,
) => string;

export type CompiledExpression = (environment: object) => unknown;

/** Names that compiled code uses itself and that no variable can have. */
export const INTERNAL_NAMES: ReadonlySet<string> = new Set([
  '__environment',
  '__output',
  '__append',
  '__line',
  '__lines',
  '__filename',
  'escapeFn',
  'include',
  'rethrow',
  'arguments',
]);

const templates = new Map<string, CompiledTemplate>();
const expressions = new Map<string, CompiledExpression>();
const counters = { templates: 0, expressions: 0 };

/** How often something was compiled in this process: once a source, however often it is rendered. */
export function compilations(): { readonly templates: number; readonly expressions: number } {
  return { ...counters };
}

/** The source must have passed the syntax check. */
export function compileTemplate(source: string, parts: readonly Part[]): CompiledTemplate {
  let compiled = templates.get(source);
  if (!compiled) {
    counters.templates += 1;
    compiled = ejs.compile(forEjs(source, parts), {
      client: true,
      compileDebug: true,
      localsName: '__environment',
    }) as unknown as CompiledTemplate;
    templates.set(source, compiled);
  }
  return compiled;
}

/** The source must have passed the syntax check. */
export function compileExpression(source: string): CompiledExpression {
  let compiled = expressions.get(source);
  if (!compiled) {
    counters.expressions += 1;
    // A function of its own for each expression: `with` makes the environment answer for every name in it.
    compiled = new Function(
      '__environment',
      `with (__environment) { return (${source}\n) }`,
    ) as CompiledExpression;
    expressions.set(source, compiled);
  }
  return compiled;
}

/**
 * The same template for EJS with two changes that keep its lines: each output tag says its number before it computes its
 * value, and goes through `insert` whether it is `<%=` or `<%-`; a `%>` in the text, which EJS would swallow, stays.
 */
function forEjs(source: string, parts: readonly Part[]): string {
  return parts
    .map((part, index) => {
      const text = source.slice(part.start, part.end);
      if (part.kind === 'text') return text.replace(/%?%>/g, '%%>');
      if (part.kind !== 'output') return text;
      return `<%=escapeFn.at=${index},${outputCode(source, part)}${source.slice(part.codeEnd, part.end)}`;
    })
    .join('');
}
