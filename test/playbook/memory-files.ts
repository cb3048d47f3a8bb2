import { posix } from 'node:path';
import { loadPlaybook } from '../../src/playbook/load.js';
import type { Files } from '../../src/playbook/files.js';
import type { Playbook, Task, TaskNode } from '../../src/playbook/model.js';
import { Template } from '../../src/template/template.js';
import { catalogue } from './catalogue.js';

/** Load `/site/site.yml` of some texts by their paths below /site; `/shared/roles` is the second place of roles. */
export function load(
  texts: Readonly<Record<string, string>>,
  more: Partial<Parameters<typeof loadPlaybook>[0]> = {},
): Promise<Playbook> {
  return loadPlaybook({
    path: 'site.yml',
    cwd: '/site',
    rolesPath: ['/shared/roles'],
    catalogue,
    files: memoryFiles(texts),
    ...more,
  });
}

export function memoryFiles(texts: Readonly<Record<string, string>>): Files {
  const byPath = new Map(Object.entries(texts).map(([path, text]) => [posix.resolve('/site', path), text]));
  const below = (path: string): string[] =>
    [...byPath.keys()]
      .filter((one) => one.startsWith(`${path}/`))
      .map((one) => one.slice(path.length + 1).split('/')[0]!);
  return {
    read: (path) => byPath.get(path),
    kindOf: (path) => (byPath.has(path) ? 'file' : below(path).length > 0 ? 'folder' : undefined),
    list: (path) => [...new Set(below(path))].sort(),
    checkTree: () => undefined,
  };
}

/** All tasks of a list, those of blocks too, without the flushes that the loader adds. */
export function tasksOf(nodes: readonly TaskNode[]): Task[] {
  return nodes
    .flatMap((node) =>
      node.kind === 'task' ? [node] : tasksOf([...node.block, ...node.rescue, ...node.always]),
    )
    .filter((task) => !task.implicit);
}

export function namesOf(nodes: readonly TaskNode[]): string[] {
  return tasksOf(nodes).map((task) => `${task.role ? `${task.role.name}:` : ''}${textOf(task)}`);
}

function textOf({ name, module }: Task): string {
  return name instanceof Template ? name.source : String(name ?? module);
}
