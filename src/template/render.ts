import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError, messageOf } from '../errors.js';
import { compileTemplate } from './compile.js';
import { NO_THIS, environmentOf } from './environment.js';
import { run } from './evaluate.js';
import { createInsert } from './insert.js';
import { inspectTemplate, jinjaRefusal, type Inspected, type Text } from './inspect.js';
import { locate } from './locate.js';
import type { Scope } from './scope.js';
import { textOfFile } from './syntax.js';
import { JinjaText, Template, Vaulted, type Loaded } from './template.js';

export { evaluate } from './evaluate.js';

/** A template file may include others this deep. */
const DEEPEST_INCLUDE = 50;

/**
 * A loaded value with its Templates rendered. A Template that is exactly one `<%= expression %>` keeps the expression's
 * type. What comes out is data: it is never rendered again. Lists and maps that hold no Template are given as they are.
 * @throws EvaluationError at its place in the file; PendingValue untouched
 */
export function renderValue(value: Loaded, scope: Scope): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Vaulted) return openVaulted(value);
  if (value instanceof JinjaText) throw refusalOf(value);
  if (value instanceof Template) return renderTemplate(value, scope);
  return Array.isArray(value) ? renderList(value, scope) : renderMap(value as Record<string, Loaded>, scope);
}

/** A Template as text, whatever its expression gives. @throws as renderValue */
export function renderText(template: Template, scope: Scope): string {
  if (template instanceof Vaulted) return openVaulted(template);
  if (template instanceof JinjaText) throw refusalOf(template);
  return renderParts(template, inspectTemplate(template), scope, noInclude);
}

/**
 * A template file's text, rendered. `file` is its path: for messages, and `include('other.ejs')` starts from its folder.
 * Included files see the same variables, and those of include's second argument.
 * @throws as renderValue
 */
export function renderFile(
  text: string,
  file: string,
  scope: Scope,
  { path = file, read = readPlain }: Partial<FileReading> = {},
): string {
  return renderIncluded(text, { file, path, read, depth: 0 }, scope);
}

/** How a template reads those that it includes. */
export interface FileReading {
  /** of the template: theirs are relative to it. Left out: as messages show it, from the folder of the process. */
  readonly path: string;
  /** given an absolute path */
  readonly read: (path: string) => string;
}

function readPlain(path: string): string {
  return readFileSync(path, 'utf8');
}

function refusalOf(text: JinjaText): ConfigurationError {
  return jinjaRefusal(text.position, MEANT_AS_IT_IS);
}

/** For values in YAML. */
const MEANT_AS_IT_IS = 'Write <%= name %> for {{ name }}, or tag a text that is meant as it is with !unsafe.';

function openVaulted(vaulted: Vaulted): string {
  const opened = vaulted.open();
  if (opened !== undefined) return opened;
  throw new ConfigurationError('this value is in a vault and there is no password to open it', {
    position: vaulted.position,
    hint: 'Name the file that holds the password with --vault-password-file.',
  });
}

function renderTemplate(template: Template, scope: Scope): unknown {
  const inspected = inspectTemplate(template);
  if (!inspected.single) return renderParts(template, inspected, scope, noInclude);
  const { code, offset } = inspected.single;
  return run({ source: code, positionAt: (inner) => template.positionAt(offset + inner) }, scope);
}

function renderList(list: readonly Loaded[], scope: Scope): unknown {
  const rendered = list.map((item) => renderValue(item, scope));
  return rendered.every((item, index) => item === list[index]) ? list : Object.freeze(rendered);
}

function renderMap(map: Readonly<Record<string, Loaded>>, scope: Scope): unknown {
  const entries = Object.entries(map).map(([key, value]) => [key, renderValue(value, scope)] as const);
  if (entries.every(([key, value]) => value === map[key])) return map;
  return Object.freeze(Object.fromEntries(entries));
}

type Include = (wanted: string, data?: Readonly<Record<string, unknown>>) => string;

function renderParts(text: Text, inspected: Inspected, scope: Scope, include: Include): string {
  const [only] = inspected.parts;
  if (inspected.parts.length === 0) return '';
  if (inspected.parts.length === 1 && only?.kind === 'text' && !/<%%|%>/.test(text.source))
    return text.source;
  const insert = createInsert();
  const rethrow = (error: unknown, _lines: string, _file: string | undefined, line: number): never => {
    const part = inspected.parts[insert.at];
    const tag = part?.kind === 'output' ? { start: part.codeStart, end: part.codeEnd } : { start: 0, end: 0 };
    throw locate(error, text, { kind: 'template', ...tag, line: offsetOfLine(text.source, line) }, scope);
  };
  return compileTemplate(text.source, inspected.parts).call(
    NO_THIS,
    environmentOf(scope),
    insert,
    include,
    rethrow,
  );
}

function noInclude(wanted: string): never {
  throw new Error(`include('${String(wanted)}') works in template files only`);
}

interface Rendering extends FileReading {
  /** as messages show it */
  readonly file: string;
  readonly depth: number;
}

function renderIncluded(source: string, rendering: Rendering, scope: Scope): string {
  const { file, read, depth } = rendering;
  const text = textOfFile(source, file);
  const include: Include = (wanted, data) => {
    const name = path.extname(wanted) === '' ? `${wanted}.ejs` : wanted;
    const target = path.resolve(path.dirname(rendering.path), name);
    if (depth >= DEEPEST_INCLUDE)
      throw new Error(`include('${wanted}'): files include one another without an end`);
    const shown = path.isAbsolute(file)
      ? target
      : path.join(path.dirname(file), path.relative(path.dirname(path.resolve(rendering.path)), target));
    return renderIncluded(
      readIncluded(target, wanted, read),
      { file: shown, path: target, read, depth: depth + 1 },
      data ? overlay(scope, data) : scope,
    );
  };
  return renderParts(text, inspectTemplate(text), scope, include);
}

function readIncluded(target: string, wanted: string, read: FileReading['read']): string {
  try {
    return read(target);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new Error(`include('${wanted}'): ${messageOf(error)}`, { cause: error });
  }
}

function overlay(scope: Scope, data: Readonly<Record<string, unknown>>): Scope {
  return {
    has: (name) => Object.hasOwn(data, name) || scope.has(name),
    get: (name) => (Object.hasOwn(data, name) ? data[name] : scope.get(name)),
    names: () => new Set([...scope.names(), ...Object.keys(data)]),
    ...(scope.functions ? { functions: scope.functions } : {}),
  };
}

function offsetOfLine(source: string, line: number): number {
  let offset = 0;
  for (let current = 1; current < line; current += 1) {
    const next = source.indexOf('\n', offset);
    if (next === -1) return offset;
    offset = next + 1;
  }
  return offset;
}
