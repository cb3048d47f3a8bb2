import { ConfigurationError, ProvisionError } from '../errors.js';
import type { Play, Role } from '../playbook/model.js';
import { validateRoleVariables } from '../playbook/role-variables.js';
import { PendingValue, type Scope } from '../template/scope.js';
import type { Sourced } from '../template/template.js';
import { noteSecrets } from '../variables/note-secrets.js';
import { positionOf } from '../variables/scope.js';
import { batchesOf } from './batches.js';
import { placeOf } from './play-place.js';
import type { ResolvedPlay } from './resolve-plays.js';
import type { Run } from './run-state.js';

/**
 * Hold the variables of every role on every host against the role's schema.json, before anything is connected. What
 * depends on facts is left for the run.
 * @throws ConfigurationError that names the variable, the host and the role
 */
export function checkVariables(plays: readonly ResolvedPlay[], run: Run): void {
  try {
    checkAll(plays, run);
  } catch (error) {
    // What it says may hold a secret that was not come to yet.
    noteRoleSecrets(plays, run);
    throw error;
  }
}

function checkAll(plays: readonly ResolvedPlay[], run: Run): void {
  for (const { play, hosts } of plays) {
    for (const batch of batchesOf(hosts, play.serial)) {
      const place = placeOf({ play, hosts }, batch, run);
      for (const role of play.roles) {
        if (!role.schema) continue;
        for (const host of batch)
          checkRole(role, host, run.scopes.ofTask(host, { role, vars: [] }, place), run);
      }
    }
  }
}

function checkRole(role: Role, host: string, scope: Scope, run: Run): void {
  const values = new Map<string, Sourced>();
  const pending = new Set<string>();
  for (const name of Object.keys(role.schema?.properties ?? {})) {
    if (!scope.has(name)) continue;
    try {
      const value = readVariable(role, name, scope, run) as Sourced['value'];
      values.set(name, { value, position: positionOf(scope, name) });
    } catch (error) {
      if (!(error instanceof PendingValue)) throw error;
      pending.add(name);
    }
  }
  const problem = validateRoleVariables(role, values, run.options.secrets.redact).find(
    ({ variable }) => !pending.has(variable),
  );
  if (problem === undefined) return;
  const { variable, position, message } = problem;
  const typed = run.options.extraVars.has(variable) && typeof values.get(variable)?.value === 'string';
  throw new ConfigurationError(message, {
    host,
    position: position ?? role.position,
    hint: typed
      ? `-e ${variable}=... gives a text; anything else is given as JSON: -e '{"${variable}": ...}'`
      : variable === ''
        ? 'schema.json of the role has all of its variables'
        : `schema.json of the role says what "${variable}" means`,
  });
}

/**
 * Note what the schemas of all roles call secret on all hosts, for a text that any of them may be a part of. What cannot be read
 * is passed over.
 */
export function noteRoleSecrets(plays: readonly ResolvedPlay[], run: Run): void {
  for (const { play, hosts } of plays) {
    const place = { play, hosts: () => hosts, batch: () => hosts };
    for (const role of play.roles) {
      for (const host of hosts) {
        const scope = run.scopes.ofTask(host, { role, vars: [] }, place);
        for (const name of Object.keys(role.schema?.properties ?? {})) {
          noteLevels(role, name, host, { play, run });
          try {
            if (scope.has(name)) readVariable(role, name, scope, run);
          } catch (error) {
            if (!(error instanceof PendingValue) && !(error instanceof ProvisionError)) throw error;
          }
        }
      }
    }
  }
}

/** A value that a stronger level replaces is none the less a secret. */
function noteLevels(role: Role, name: string, host: string, { play, run }: { play: Play; run: Run }): void {
  const property = role.schema?.properties?.[name];
  if (property === undefined) return;
  for (const { value } of run.scopes.explain(name, host, { play, role }))
    noteSecrets(value, property, run.options.secrets);
}

/**
 * A variable of a role. What the role's schema calls secret is one from then on.
 * @throws what reading a variable throws (variables/scope.ts)
 */
export function readVariable(role: Role | undefined, name: string, scope: Scope, run: Run): unknown {
  const value = scope.get(name);
  const property = role?.schema?.properties?.[name];
  if (property) noteSecrets(value, property, run.options.secrets);
  return value;
}
