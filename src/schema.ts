import { Ajv, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv';
import { closest, distance } from 'fastest-levenshtein';
import { cut } from './cut.js';
import { messageOf } from './errors.js';
import { fitsPlainSchema, isPlainSchema } from './plain-schema.js';
import { Template } from './template/template.js';
import { hideSecrets, secretsIn } from './write-only.js';

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  /** a secret: its value is taken out of everything that is printed */
  readonly writeOnly?: boolean;
  readonly [keyword: string]: unknown;
}

/**
 * What is wrong with a value. `path` leads to the culprit from the root: keys and indexes. `key` is an unknown key at
 * that place, `missing` one that it lacks.
 */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly key?: string;
  readonly missing?: string;
}

// Compiling takes most of a short command's time: the schemas of resources and checks are sound (their tests see to it), and
// code that runs a few hundred times is not worth optimising. A role's own schema is held against JSON Schema when it fails.
let ajv: Ajv | undefined;

/** Made when it is first needed: for most runs all schemas are plain and all values good. */
function compiler(): Ajv {
  ajv ??= new Ajv({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    useDefaults: false,
    verbose: true,
    validateSchema: false,
    code: { optimize: false },
  });
  return ajv;
}

const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Hold a value against a schema. A Template is accepted wherever a value is expected: what it renders to is validated
 * again when it is known.
 * @param redact takes what else is secret out of the values that messages show, before they are shortened
 */
export function validate(
  schema: JsonSchema,
  value: unknown,
  redact: (text: string) => string = (text) => text,
): Problem[] {
  if (isPlainSchema(schema) && fitsPlainSchema(schema, value)) return [];
  let check = compiled.get(schema);
  if (!check) {
    check = compiler().compile(schema);
    compiled.set(schema, check);
  }
  if (check(value)) return [];
  const secrets = new Set<unknown>(secretsIn(schema, value));
  const show: Show = (one) => showValue(secrets.size === 0 ? one : hideSecrets(one, secrets), redact);
  const problems = (check.errors ?? [])
    .filter((error) => !insideTemplate(value, error))
    .map((error) => explain(error, show));
  // A failed anyOf/oneOf repeats what its branches said.
  const branches = problems.filter((problem) => problem.message !== '');
  return branches.filter((problem, index) => branches.findIndex((other) => same(other, problem)) === index);
}

/** What is wrong with a schema itself. Empty: values can be held against it. */
export function schemaProblems(schema: JsonSchema): Problem[] {
  if (isPlainSchema(schema)) return [];
  try {
    compiled.set(schema, compiler().compile(schema));
    return [];
  } catch (error) {
    const one = compiler();
    const found =
      one.validateSchema(withoutDialect(schema)) === true
        ? []
        : (one.errors ?? []).map((problem) => explain(problem, showValue));
    const problems = found.filter(
      ({ message, path }, index) =>
        message !== '' && found.findIndex((other) => other.path.join('/') === path.join('/')) === index,
    );
    return problems.length > 0
      ? problems
      : [{ path: [], message: messageOf(error).replace(/^strict mode: /, '') }];
  }
}

/** Schemas are taken as draft 7, whatever they name. */
function withoutDialect({ $schema: _, ...schema }: JsonSchema): AnySchema {
  return schema;
}

/** ` (did you mean "x"?)` when a known name is near, else an empty string. Two letters swapped are near in any name. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const names = [...known];
  if (names.length === 0) return '';
  const nearest = names.find((one) => isSwapped(name, one)) ?? closest(name, names);
  const near =
    isSwapped(name, nearest) || distance(name, nearest) <= Math.max(1, Math.floor(name.length / 3));
  return near ? ` (did you mean "${nearest}"?)` : '';
}

function isSwapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  const at = [...a].findIndex((char, index) => char !== b[index]);
  return at >= 0 && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

/** The defaults of a schema's properties filled in where the object has nothing. */
export function withDefaults(
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...value };
  for (const [key, property] of defaultsOf(schema))
    if (filled[key] === undefined) filled[key] = property.default;
  return filled;
}

/** A module's schema is asked for each item of each loop on each host. */
const defaults = new WeakMap<JsonSchema, readonly (readonly [string, JsonSchema])[]>();

function defaultsOf(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const known = defaults.get(schema);
  if (known) return known;
  const found = Object.entries(schema.properties ?? {}).filter(
    ([, { default: given }]) => given !== undefined,
  );
  defaults.set(schema, found);
  return found;
}

function insideTemplate(root: unknown, error: ErrorObject): boolean {
  let value: unknown = root;
  if (value instanceof Template) return true;
  for (const part of pathOf(error)) {
    value = (value as Record<string | number, unknown> | undefined)?.[part];
    if (value instanceof Template) return true;
  }
  return false;
}

type Show = (value: unknown) => string;

function explain(error: ErrorObject, show: Show): Problem {
  const path = pathOf(error);
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = Object.keys((error.parentSchema as JsonSchema).properties ?? {});
      return { path, key, message: `unknown key "${key}"${didYouMean(key, known)}` };
    }
    case 'required':
      return {
        path,
        message: `"${String(params['missingProperty'])}" is required`,
        missing: String(params['missingProperty']),
      };
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map((one) => JSON.stringify(one)).join(', ');
      const hint =
        typeof error.data === 'string'
          ? didYouMean(error.data, (params['allowedValues'] as unknown[]).map(String))
          : '';
      return { path, message: `must be one of ${allowed}, not ${show(error.data)}${hint}` };
    }
    case 'type':
      return {
        path,
        message: `must be ${[params['type']].flat().map(typeName).join(' or ')}, not ${show(error.data)}`,
      };
    case 'anyOf':
    case 'oneOf':
    case 'if':
      return { path, message: '' };
    default:
      return { path, message: `${error.message ?? error.keyword}, not ${show(error.data)}` };
  }
}

/** JSON's types in YAML's words. */
function typeName(type: unknown): string {
  return { object: 'mapping', array: 'list', null: 'nothing' }[String(type)] ?? String(type);
}

function pathOf(error: ErrorObject): (string | number)[] {
  return error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function showValue(value: unknown, redact: (text: string) => string = (text) => text): string {
  return cut(redact(JSON.stringify(value) ?? 'nothing'), 60);
}

function same(a: Problem, b: Problem): boolean {
  return a.message === b.message && a.path.join('/') === b.path.join('/');
}
