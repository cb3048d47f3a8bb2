import type { Play, Task, TaskNode } from '../playbook/model.js';

/** What a handler is called on the hosts, where its marker outlives the run that notified it. */
export function handlerKey(handler: Task): string {
  const name = typeof handler.name === 'string' ? handler.name : handler.module;
  return handler.role ? `${handler.role.name} : ${name}` : name;
}

/**
 * The handlers that a notification means: by name, by `role : name`, or by a topic they listen to. A role's own handler
 * comes before another role's of the same name.
 */
export function handlersFor(
  notification: string,
  handlers: readonly Task[],
  notifier: Task,
): readonly Task[] {
  const listening = handlers.filter((handler) => handler.listen.includes(notification));
  const named = handlers.filter(
    (handler) => handler.name === notification || handlerKey(handler) === notification,
  );
  const own = named.filter((handler) => handler.role?.name === notifier.role?.name);
  const chosen = own.at(-1) ?? named.at(-1);
  return [...new Set([...(chosen ? [chosen] : []), ...listening])];
}

/** A handler and those that listen to a topic of it: what runs after one change. */
export function handlersBeside(handler: Task, handlers: readonly Task[]): Task[] {
  return handlers.filter(
    (one) => one === handler || one.listen.some((topic) => handler.listen.includes(topic)),
  );
}

/**
 * Whether a task of a play may notify the handler of this key, itself or by another handler; those that are done are left out. A name that
 * is a template could be any.
 */
export function mayNotify(key: string, play: Play, done: ReadonlySet<Task> = new Set()): boolean {
  const { handlers } = play;
  if (!handlers.some((handler) => handlerKey(handler) === key)) return false;
  const tasks = allTasks(play.tasks).filter((task) => !done.has(task));
  // All that leads to it, from behind.
  const wanted = new Set([key]);
  for (const one of wanted) {
    const names = (task: Task): boolean => notifies(task, one, handlers);
    if (tasks.some(names)) return true;
    for (const handler of handlers.filter(names)) wanted.add(handlerKey(handler));
  }
  return false;
}

function notifies(task: Task, key: string, handlers: readonly Task[]): boolean {
  return task.notify.some(
    (name) =>
      typeof name !== 'string' ||
      handlersFor(name, handlers, task).some((handler) => handlerKey(handler) === key),
  );
}

function allTasks(nodes: readonly TaskNode[]): Task[] {
  return nodes.flatMap((node) =>
    node.kind === 'task' ? [node] : allTasks([...node.block, ...node.rescue, ...node.always]),
  );
}

/** The handlers a host has to run at its next flush. */
export class Notified {
  readonly #keys = new Set<string>();

  add(handler: Task): void {
    this.#keys.add(handlerKey(handler));
  }

  delete(handler: Task): void {
    this.#keys.delete(handlerKey(handler));
  }

  /** Those due, in the order in which they are defined. `leftOver`: whether a note of an earlier run counts for one. */
  due(handlers: readonly Task[], leftOver: (handler: Task) => boolean = () => false): Task[] {
    return handlers.filter((handler) => this.#keys.has(handlerKey(handler)) || leftOver(handler));
  }
}
