import { ConfigurationError } from '../errors.js';
import type { Role } from '../playbook/model.js';
import { validate, type JsonSchema } from '../schema.js';
import { PendingValue, type Scope } from '../template/scope.js';
import type { ResolvedPlay } from './resolve-plays.js';
import type { Run } from './run-state.js';

/**
 * Hold the variables of every role on every host against the role's schema.json, before anything is connected. What
 * depends on facts is left for the run.
 * @throws ConfigurationError that names the variable, the host and the role
 */
export function checkVariables(plays: readonly ResolvedPlay[], run: Run): void {
  for (const { play, hosts } of plays) {
    const place = { play, hosts: () => hosts, batch: () => hosts };
    for (const role of play.roles) {
      if (!role.schema) continue;
      for (const host of hosts)
        checkRole(role, host, run.scopes.ofTask(host, { role, vars: [] }, place), run);
    }
  }
}

function checkRole(role: Role, host: string, scope: Scope, run: Run): void {
  const schema = role.schema as JsonSchema;
  const values: Record<string, unknown> = {};
  const pending = new Set<string>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (!scope.has(name)) continue;
    try {
      const value = scope.get(name);
      if (value !== null) values[name] = value;
      noteSecrets(value, property, run.options.secrets.add.bind(run.options.secrets));
    } catch (error) {
      if (!(error instanceof PendingValue)) throw error;
      pending.add(name);
    }
  }
  for (const problem of validate(schema, values)) {
    const missing = /^"(.*)" is required$/.exec(problem.message)?.[1];
    if (problem.path.length === 0 && missing !== undefined && pending.has(missing)) continue;
    const at = problem.path.join('.');
    throw new ConfigurationError(`role ${role.name}: ${at === '' ? '' : `${at} `}${problem.message}`, {
      host,
      position: role.position,
      hint: `see ${role.path.split('/').at(-1) ?? role.name}/schema.json of the role for the type and meaning of its variables`,
    });
  }
}

/** Values that a schema calls writeOnly are secrets, at any depth. */
function noteSecrets(value: unknown, schema: JsonSchema, add: (value: string) => void): void {
  if (schema.writeOnly === true) {
    if (typeof value === 'string') add(value);
    else if (typeof value === 'object' && value !== null)
      for (const one of Object.values(value)) noteSecrets(one, schema, add);
    return;
  }
  if (Array.isArray(value) && schema.items) for (const one of value) noteSecrets(one, schema.items, add);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    noteSecrets((value as Record<string, unknown>)[name], property, add);
  }
}
