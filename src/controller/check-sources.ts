import { ConfigurationError, ProvisionError } from '../errors.js';
import type { Task, TaskNode } from '../playbook/model.js';
import { findRoleFile } from '../playbook/search.js';
import { readSourceTree } from '../playbook/source-tree.js';
import { evaluate, renderValue } from '../template/render.js';
import { PendingValue, type Scope } from '../template/scope.js';
import { Template, type Loaded } from '../template/template.js';
import { batchesOf } from './batches.js';
import { shownName } from './local-answers.js';
import { placeOf } from './play-place.js';
import type { ResolvedPlay } from './resolve-plays.js';
import type { Run } from './run-state.js';

/**
 * Look through the folders that `copy` tasks name by variables, as far as these are known before the first connection. Those whose names are
 * written out were looked through when the playbook was loaded. What cannot be evaluated yet, or is wrong, is left to its turn.
 * @throws ConfigurationError that names the links that lead nowhere or in a circle
 */
export function checkSources(plays: readonly ResolvedPlay[], run: Run): void {
  const checked = new Set<string>();
  for (const { play, hosts } of plays) {
    const tasks = [...play.tasks.flatMap(tasksIn), ...play.handlers].filter(copiesByName);
    if (tasks.length === 0) continue;
    for (const batch of batchesOf(hosts, play.serial)) {
      const place = placeOf({ play, hosts }, batch, run);
      for (const host of batch) {
        for (const task of tasks) {
          for (const scope of scopesOf(task, run.scopes.ofTask(host, task, place), run))
            checkSource({ task, host, scope, dir: play.dir, checked }, run);
        }
      }
    }
  }
}

function tasksIn(node: TaskNode): Task[] {
  return node.kind === 'task' ? [node] : [...node.block, ...node.rescue, ...node.always].flatMap(tasksIn);
}

type Args = Readonly<Record<string, Loaded>>;

function copiesByName({ module, args }: Task): boolean {
  return module === 'copy' && isArgs(args) && args['src'] instanceof Template;
}

function isArgs(args: Loaded): args is Args {
  return typeof args === 'object' && args !== null && !Array.isArray(args) && !(args instanceof Template);
}

/** Of each item of a loop, or the task's own; none where the items are not known. */
function scopesOf(task: Task, scope: Scope, run: Run): Scope[] {
  if (task.loop === undefined) return [scope];
  const items = known(() => renderValue(task.loop!, scope));
  if (!Array.isArray(items)) return [];
  return items.map((item: unknown) => run.scopes.child(scope, { [task.loopVar]: item }));
}

function checkSource(
  given: {
    readonly task: Task;
    readonly host: string;
    readonly scope: Scope;
    readonly dir: string;
    readonly checked: Set<string>;
  },
  run: Run,
): void {
  const { task, host, scope, dir, checked } = given;
  const args = task.args as Args;
  if (task.when.some((condition) => known(() => Boolean(evaluate(condition, scope))) === false)) return;
  const value = (name: string): unknown => known(() => renderValue(args[name] ?? null, scope));
  const [src, onHost, follow] = [value('src'), value('remote_src'), value('local_follow')];
  if (typeof src !== 'string' || src === '' || (onHost !== null && onHost !== false)) return;
  const path = findRoleFile(task, dir, 'files', src);
  if (path === undefined || (follow !== null && typeof follow !== 'boolean')) return;
  const key = `${follow === false ? 'P' : 'L'} ${path}`;
  if (checked.has(key)) return;
  checked.add(key);
  try {
    readSourceTree(path, { follow: follow !== false, name: shownName(path, run.options.cwd) });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { message, detail, hint } = error;
    throw new ConfigurationError(message, {
      host,
      position: task.argumentAt(['src']),
      detail,
      hint,
      cause: error,
    });
  }
}

/** A value, or undefined where it cannot be known yet. */
function known<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PendingValue || error instanceof ProvisionError) return undefined;
    throw error;
  }
}
