import type { TaskLabel } from '../events.js';

/** `role : name [item]`, and whether it is a handler */
export function labelText(task: TaskLabel): string {
  const role = task.role === undefined ? '' : `${task.role} : `;
  const handler = task.handler === true ? ' (handler)' : '';
  return `${role}${task.name}${task.item === undefined ? '' : ` [${task.item}]`}${handler}`;
}
