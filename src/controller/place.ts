import type { HostConnection } from '../inventory/connection.js';
import type { Loaded } from '../template/template.js';
import { renderValue } from '../template/render.js';
import type { Scope } from '../template/scope.js';
import type { BecomeUser } from './session.js';

/**
 * Who a task's work is done as. The nearest word wins: the task's (or its block's, role's, play's) keywords, then the
 * inventory's ansible_become and ansible_become_user, then the command line.
 */
export function becomeUserOf(
  task: { readonly become: Loaded | undefined; readonly becomeUser: Loaded | undefined },
  scope: Scope,
  given: { connection: Pick<HostConnection, 'become' | 'becomeUser'>; commandLine: string | undefined },
): BecomeUser {
  const { connection, commandLine } = given;
  const keyword = task.become === undefined ? undefined : Boolean(renderValue(task.become, scope));
  const wanted = keyword ?? connection.become ?? commandLine !== undefined;
  if (!wanted) return undefined;
  if (task.becomeUser !== undefined) return String(renderValue(task.becomeUser, scope));
  return connection.becomeUser ?? commandLine ?? 'root';
}
