import { didYouMean } from '../schema.js';
import { Template } from '../template/template.js';
import type { Notification } from './frame.js';
import type { Task } from './model.js';
import { wrong } from './node.js';

/**
 * Hold every literal `notify` of a play against the handlers of the play and of all its roles: names, `role : name`,
 * topics of `listen`.
 * @throws ConfigurationError at a name that nothing answers to
 */
export function checkNotifications(notified: readonly Notification[], handlers: readonly Task[]): void {
  // A handler whose name is a template could be any.
  if (handlers.some((handler) => handler.name instanceof Template)) return;
  const known = new Set(handlers.flatMap(namesOf));
  for (const { node } of notified) {
    const name = String(node.value);
    if (known.has(name)) continue;
    const shown = [...known].filter((one) => !one.includes(' : '));
    const hint =
      shown.length === 0
        ? 'The play and its roles have no handlers: add it to handlers/main.yml or to "handlers:" of the play.'
        : `Known are ${shown.map((one) => `"${one}"`).join(', ')}.`;
    throw wrong(node, `no handler is named "${name}" or listens to it${didYouMean(name, known)}`, hint);
  }
}

function namesOf({ name, role, listen }: Task): string[] {
  if (typeof name !== 'string') return [...listen];
  return [name, ...(role ? [`${role.name} : ${name}`] : []), ...listen];
}
