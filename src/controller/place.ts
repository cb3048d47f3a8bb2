import { TaskError } from '../errors.js';
import type { HostConnection } from '../inventory/connection.js';
import type { Loaded } from '../template/template.js';
import { renderValue } from '../template/render.js';
import type { Scope } from '../template/scope.js';
import { sandboxed } from './become-user.js';
import type { BecomeUser } from './session.js';

/** What a task, a check or a play says of who does its work. */
interface BecomeKeywords {
  readonly become: Loaded | undefined;
  readonly becomeUser: Loaded | undefined;
  readonly becomeSandbox: Loaded | undefined;
}

/**
 * Who a task's work is done as. The nearest word wins: the task's (or its block's, role's, play's) keywords, then the
 * inventory's ansible_become and ansible_become_user, then the command line.
 * @throws TaskError for a become_sandbox that is not a list of properties
 */
export function becomeUserOf(
  task: BecomeKeywords,
  scope: Scope,
  given: { connection: Pick<HostConnection, 'become' | 'becomeUser'>; commandLine: string | undefined },
): BecomeUser {
  const { connection, commandLine } = given;
  const keyword = task.become === undefined ? undefined : Boolean(renderValue(task.become, scope));
  const wanted = keyword ?? connection.become ?? commandLine !== undefined;
  if (!wanted) return undefined;
  const user =
    task.becomeUser === undefined
      ? (connection.becomeUser ?? commandLine ?? 'root')
      : String(renderValue(task.becomeUser, scope));
  return task.becomeSandbox === undefined ? user : sandboxed(user, propertiesOf(task.becomeSandbox, scope));
}

function propertiesOf(given: Loaded, scope: Scope): string[] {
  const list = renderValue(given, scope);
  if (Array.isArray(list) && list.every((one) => /^[A-Z][A-Za-z]*=[^\n]*$/.test(String(one))))
    return list.map(String);
  throw new TaskError('become_sandbox is a list of properties of a systemd service', {
    hint: 'for example ["NoNewPrivileges=yes", "ProtectSystem=strict"]; systemd.exec(5) has them',
  });
}
