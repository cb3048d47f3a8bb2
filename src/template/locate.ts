import type { Identifier, Literal, MemberExpression, Node } from 'acorn';
import { ProvisionError, messageOf } from '../errors.js';
import { didYouMean } from '../schema.js';
import type { Analysis } from './analysis.js';
import { UndefinedName, valueOfName } from './environment.js';
import { EvaluationError, UndefinedVariableError } from './failure.js';
import { InsertError } from './insert.js';
import { analysisOf, type Text } from './inspect.js';
import { PendingValue, type Scope } from './scope.js';

/** Where evaluation was when it threw, as far as it is known: offsets in the text. */
export interface Focus {
  readonly kind: 'template' | 'expression';
  /** the expression or the last output tag begun */
  readonly start: number;
  readonly end: number;
  /** the offset where the line begins in which EJS says it was */
  readonly line: number;
}

/**
 * Make an error for people of what code in a text has thrown: what was undefined, and where it stands. What is no failure
 * of the code (a pending value, an error that has its place already) is given back as it is.
 */
export function locate(thrown: unknown, text: Text, focus: Focus, scope: Scope): unknown {
  if (thrown instanceof PendingValue || thrown instanceof ProvisionError) return thrown;
  const analysis = analysisOf(text.source, focus.kind);
  if (thrown instanceof UndefinedName) return undefinedVariable(thrown, text, focus, analysis);
  if (thrown instanceof InsertError) return notText(thrown, text, focus, { analysis, scope });
  return propertyOfNothing(thrown, text, focus, { analysis, scope }) ?? failed(thrown, text, focus);
}

interface Known {
  readonly analysis: Analysis;
  readonly scope: Scope;
}

/** Names of Jinja's filters and tests that people write out of habit. */
const JINJA =
  /^(?:int|float|bool|string|list|upper|lower|join|map|select|sort|trim|length|first|last|items|is|is_defined|to_json|to_yaml|to_nice_yaml|True|False|None|and|or|not)$/;

function undefinedVariable(thrown: UndefinedName, text: Text, focus: Focus, analysis: Analysis): Error {
  const offsets = (analysis.free.get(thrown.variable) ?? []).map(analysis.offsetOf);
  const position = text.positionAt(nearest(offsets, focus));
  const hint = JINJA.test(thrown.variable)
    ? {
        hint: 'Code here is JavaScript, not Jinja: methods instead of filters, true, false, null, &&, ||, !.',
      }
    : {};
  return new UndefinedVariableError(thrown.variable, { position, suggestion: thrown.suggestion, ...hint });
}

function notText(thrown: InsertError, text: Text, focus: Focus, known: Known): Error {
  const node = known.analysis.expressionAt(focus.start);
  const code = node ? known.analysis.textOf(node).trim() : text.source.slice(focus.start, focus.end).trim();
  const position = text.positionAt(node ? known.analysis.offsetOf(node) : focus.start);
  switch (thrown.kind) {
    case 'missing':
      return new EvaluationError(`"${code}" is ${String(thrown.value)}${node ? nearKey(node, known) : ''}`, {
        position,
        hint: `Nothing would be written in its place. Write ${code} ?? 'a default' if it may be missing.`,
      });
    case 'number':
      return new EvaluationError(`"${code}" is ${String(thrown.value)}, not a number that can be written`, {
        position,
      });
    case 'function':
      return new EvaluationError(`"${code}" is a function: it was not called`, {
        position,
        hint: 'Add its ( ).',
      });
    case 'list':
    case 'map':
      return new EvaluationError(`"${code}" is a ${thrown.kind} and would not be readable as text`, {
        position,
        hint: `Use toJson(${code}) or toYaml(${code})${thrown.kind === 'list' ? `, or .join(', ')` : ''}. A value keeps its type when it is the tag alone, without text or line breaks around it (">-" instead of ">").`,
      });
  }
}

const OF_NOTHING = /^Cannot (?:read|set) properties of (undefined|null) \((?:reading|setting) '(.*)'\)$/s;

function propertyOfNothing(thrown: unknown, text: Text, focus: Focus, known: Known): Error | undefined {
  const match = thrown instanceof TypeError ? OF_NOTHING.exec(thrown.message) : null;
  if (!match) return undefined;
  const [, nothing, property] = match;
  const { analysis } = known;
  const named = analysis.members.filter((member) => mayRead(member, property!));
  const certain = named.filter((member) => {
    const found = chainValue(member.object, known);
    return found !== undefined && (found.value === undefined || found.value === null);
  });
  const uncertain = named.filter((member) => chainValue(member.object, known) === undefined);
  const candidates = certain.length > 0 ? certain : uncertain;
  const offset = nearest(
    candidates.map((member) => analysis.offsetOf(member.object)),
    focus,
  );
  const member = candidates.find((one) => analysis.offsetOf(one.object) === offset);
  if (!member) return undefined;
  const object = analysis.textOf(member.object);
  return new EvaluationError(
    `"${object}" is ${nothing}, so it has no "${property}"${nearKey(member.object, known)}`,
    {
      position: text.positionAt(offset),
      hint: `Write ${object}?.${/^[\w$]+$/.test(property!) ? property : `['${property}']`} ?? 'a default' if it may be missing.`,
    },
  );
}

function failed(thrown: unknown, text: Text, focus: Focus): Error {
  const message = messageOf(thrown);
  const called = / is not (?:a function|iterable)/.test(message) ? message.split(' ')[0]! : undefined;
  const from = focus.kind === 'template' && focus.line > focus.start ? focus.line : focus.start;
  const found = called === undefined ? -1 : text.source.indexOf(called, from);
  return new EvaluationError(
    message.includes('Maximum call stack') ? 'variables refer to one another in a circle' : message,
    {
      position: text.positionAt(found === -1 ? firstCode(text.source, from) : found),
      hint: hintOf(message),
      cause: thrown,
    },
  );
}

function hintOf(message: string): string | undefined {
  if (/read only|not extensible|Cannot delete/.test(message)) {
    return 'Variables do not change during a run: use toSorted(), toReversed(), concat() or a copy such as [...list].';
  }
  return undefined;
}

/** Of several places, the one that was most likely being evaluated: in the expression, else on EJS's line, else the first. */
function nearest(offsets: readonly number[], focus: Focus): number {
  const within = offsets.find((offset) => offset >= focus.start && offset <= focus.end);
  return within ?? offsets.find((offset) => offset >= focus.line) ?? offsets[0] ?? focus.start;
}

function firstCode(source: string, from: number): number {
  const blank = /\s*/y;
  blank.lastIndex = from;
  blank.exec(source);
  return Math.min(blank.lastIndex, Math.max(0, source.length - 1));
}

function mayRead(member: MemberExpression, property: string): boolean {
  if (!member.computed) return (member.property as Identifier).name === property;
  return member.property.type !== 'Literal' || String((member.property as Literal).value) === property;
}

/** ` (did you mean "…"?)` for the last key of `a.b.kye` when `a.b` has one that is near. */
function nearKey(node: Node, known: Known): string {
  if (node.type !== 'MemberExpression') return '';
  const { object, property, computed } = node as MemberExpression;
  const parent = chainValue(object, known)?.value;
  const key = computed ? chainValue(property, known)?.value : (property as Identifier).name;
  if (typeof parent !== 'object' || parent === null || Array.isArray(parent) || key === undefined) return '';
  return didYouMean(String(key), Object.keys(parent));
}

/** The value of names and members only: nothing is called, so nothing can happen. Undefined when it takes more than that. */
function chainValue(node: Node, known: Known): { readonly value: unknown } | undefined {
  try {
    if (node.type === 'Literal') return { value: (node as Literal).value };
    if (node.type === 'Identifier') {
      const { name } = node as Identifier;
      const isFree = known.analysis.free.get(name)?.some((use) => use.start === node.start);
      return isFree ? { value: valueOfName(name, known.scope) } : undefined;
    }
    if (node.type !== 'MemberExpression') return undefined;
    const { object, property, computed } = node as MemberExpression;
    const parent = chainValue(object, known);
    const key = computed ? chainValue(property, known) : { value: (property as Identifier).name };
    if (!parent || !key) return undefined;
    return { value: (parent.value as Record<string, unknown>)[String(key.value)] };
  } catch {
    return undefined;
  }
}
