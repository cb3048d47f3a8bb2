import { ConfigurationError, type Position } from '../errors.js';
import { didYouMean, validate } from '../schema.js';
import type { Role } from './model.js';

/** A variable of a role that its schema.json refuses. */
export interface VariableProblem {
  readonly variable: string;
  /** where the value was set, as far as that is known */
  readonly position: Position | undefined;
  readonly message: string;
}

/**
 * Hold values against a role's schema. A Template is accepted in place of any value, and null stands for a variable that
 * is not set.
 * @param values by name; the position is where the value was set
 * @param redact takes secrets out of the values that messages show
 */
export function validateRoleVariables(
  role: Pick<Role, 'name' | 'schema'>,
  values: ReadonlyMap<string, { readonly value: unknown; readonly position: Position | undefined }>,
  redact?: (text: string) => string,
): VariableProblem[] {
  if (!role.schema) return [];
  const given = [...values].filter(([, { value }]) => value !== null);
  return validate(
    role.schema,
    Object.fromEntries(given.map(([name, { value }]) => [name, value])),
    redact,
  ).map((problem) => {
    const variable = String(problem.path[0] ?? problem.key ?? problem.missing ?? '');
    const path = problem.path.length > 0 ? `"${problem.path.join('.')}" ` : '';
    return {
      variable,
      position: values.get(variable)?.position,
      message: `role ${role.name}: ${path}${problem.message}`,
    };
  });
}

/**
 * What can be told of a role's variables before any host is known: its own defaults and the parameters that it was given.
 * @throws ConfigurationError where the variable was set
 */
export function checkRoleVariables(role: Role): void {
  if (!role.schema) return;
  const values = new Map([...role.defaults, ...role.vars, ...role.params]);
  // What has no value yet may come from the inventory.
  const schema = { ...role.schema, required: [] };
  const problem = validateRoleVariables({ ...role, schema }, values).find(({ variable }) =>
    values.has(variable),
  );
  if (problem) {
    throw new ConfigurationError(problem.message, {
      position: problem.position,
      hint: `schema.json of the role says what "${problem.variable}" means`,
    });
  }
  const known = [...Object.keys(role.schema.properties ?? {}), ...role.defaults.keys(), ...role.vars.keys()];
  for (const [name, { position }] of role.params) {
    const near = known.includes(name) ? '' : didYouMean(name, known);
    if (near !== '')
      throw new ConfigurationError(`the role ${role.name} has no variable "${name}"${near}`, { position });
  }
}
