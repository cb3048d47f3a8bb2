import { didYouMean } from '../schema.js';
import { INTERNAL_NAMES } from './compile.js';
import { templateFunctions } from './functions.js';
import { GLOBALS } from './globals.js';
import type { Scope } from './scope.js';

/** A name that is neither a variable nor anything else that templates know. Becomes an UndefinedVariableError with its place. */
export class UndefinedName extends Error {
  readonly variable: string;
  readonly suggestion: string;

  constructor(variable: string, suggestion: string) {
    super(`undefined variable "${variable}"`);
    this.variable = variable;
    this.suggestion = suggestion;
  }
}

/** `this` of compiled code, which would be Node's global object otherwise. */
export const NO_THIS: object = Object.freeze(Object.create(null) as object);

const environments = new WeakMap<Scope, object>();

/**
 * What compiled code runs in: an object that answers for every name, so that nothing of Node is in reach by its name.
 * This keeps mistakes out, not attackers: only the user's own files are ever compiled.
 */
export function environmentOf(scope: Scope): object {
  let environment = environments.get(scope);
  if (!environment) {
    environment = createEnvironment(scope);
    environments.set(scope, environment);
  }
  return environment;
}

/** The value of a name, as code in this scope would see it. @throws UndefinedName */
export function valueOfName(name: string, scope: Scope): unknown {
  return (environmentOf(scope) as Record<string, unknown>)[name];
}

function createEnvironment(scope: Scope): object {
  const own: Readonly<Record<string, unknown>> = {
    vars: variablesView(scope),
    defined: (name: unknown) => scope.has(String(name)) && scope.get(String(name)) !== undefined,
  };
  return new Proxy(
    {},
    {
      has: (_, name) => typeof name === 'string' && !INTERNAL_NAMES.has(name),
      get: (_, name) => {
        if (typeof name === 'symbol') return undefined;
        if (Object.hasOwn(own, name)) return own[name];
        if (scope.has(name)) return scope.get(name);
        if (scope.functions && Object.hasOwn(scope.functions, name)) return scope.functions[name];
        if (Object.hasOwn(templateFunctions, name)) return templateFunctions[name];
        if (Object.hasOwn(GLOBALS, name)) return GLOBALS[name];
        throw new UndefinedName(name, suggest(name, scope));
      },
      set: (_, name) => {
        throw new Error(`"${String(name)}" cannot be assigned: declare a name of your own with const or let`);
      },
    },
  );
}

/** `vars`: every variable by its name; undefined for a name that there is not. */
function variablesView(scope: Scope): object {
  return new Proxy(
    {},
    {
      has: (_, name) => typeof name === 'string' && scope.has(name),
      get: (_, name) => (typeof name === 'string' && scope.has(name) ? scope.get(name) : undefined),
      set: (_, name) => {
        throw new Error(`vars.${String(name)} cannot be assigned: variables do not change during a run`);
      },
      ownKeys: () => [...new Set(scope.names())],
      getOwnPropertyDescriptor: (_, name) =>
        typeof name === 'string' && scope.has(name)
          ? { value: scope.get(name), enumerable: true, configurable: true, writable: false }
          : undefined,
    },
  );
}

function suggest(name: string, scope: Scope): string {
  const functions = [...Object.keys(scope.functions ?? {}), ...Object.keys(templateFunctions)];
  return didYouMean(name, [...scope.names(), ...functions, ...Object.keys(GLOBALS), 'vars', 'defined']);
}
