import { ProvisionError } from '../errors.js';
import type { Role } from '../playbook/model.js';
import { PendingValue, type Scope } from '../template/scope.js';
import type { Explained } from '../variables/explain.js';
import { hideSecrets, secretsIn } from '../write-only.js';
import { noteRoleSecrets, readVariable } from './preflight.js';
import { resolvePlays } from './resolve-plays.js';
import { prepareRun, type Run, type RunOptions } from './run-state.js';

/** What a variable is on a host, and why. */
export interface Explanation {
  /** the plays and roles for which it is so; none: outside of all plays, as `hostvars` shows it */
  readonly places: readonly string[];
  readonly value: { readonly known: unknown } | { readonly unknown: string };
  /** every level that sets it, strongest first */
  readonly levels: readonly Explained[];
}

/** Every way in which a variable is seen on a host: roles that see the same levels are one. Nothing is connected. */
export function explain(name: string, host: string, options: RunOptions): Explanation[] {
  const run = prepareRun(options);
  const plays = resolvePlays(run);
  noteRoleSecrets(plays, run);
  const found = new Map<string, Explanation>();
  const add = (place: string | undefined, role: Role | undefined, seen: Explained[], scope: Scope): void => {
    if (seen.length === 0) return;
    const key = JSON.stringify(seen.map(({ level, owner, position }) => [level, owner, position]));
    const places = [...(found.get(key)?.places ?? []), ...(place === undefined ? [] : [place])];
    found.set(key, { places, value: valueOf(name, { role, scope, run }), levels: seen });
  };
  add(undefined, undefined, run.scopes.explain(name, host), run.scopes.ofHost(host));
  for (const { play, hosts } of plays) {
    if (!hosts.includes(host)) continue;
    const everyone = { play, hosts: () => hosts, batch: () => hosts };
    for (const role of play.roles.length === 0 ? [undefined] : play.roles) {
      const place = role ? `role ${role.name} in the play "${play.name}"` : `the play "${play.name}"`;
      const scope = run.scopes.ofTask(host, { role, vars: [] }, everyone);
      add(place, role, run.scopes.explain(name, host, { play, role }), scope);
    }
  }
  return [...found.values()];
}

function valueOf(
  name: string,
  { role, scope, run }: { role: Role | undefined; scope: Scope; run: Run },
): Explanation['value'] {
  try {
    const known = readVariable(role, name, scope, run);
    const property = role?.schema?.properties?.[name];
    return { known: property ? hideSecrets(known, new Set(secretsIn(property, known))) : known };
  } catch (error) {
    if (error instanceof PendingValue) return { unknown: `known only in a run: ${error.what}` };
    if (error instanceof ProvisionError) return { unknown: error.message };
    throw error;
  }
}
