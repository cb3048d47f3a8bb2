import { ConfigurationError } from '../errors.js';
import { checkShape } from './check-shape.js';
import type { Frame } from './frame.js';
import { findImport } from './imports.js';
import { applied, inherit, type Inherited } from './inherited.js';
import type { Block, Task, TaskNode } from './model.js';
import {
  childOf,
  isList,
  isMapping,
  itemsOf,
  placeOf,
  showKind,
  withoutCollection,
  wrong,
  wrongKey,
  type YamlNode,
} from './node.js';
import { blockShape, importTasksShape, importedTasksShape } from './schema.js';
import { loadTask } from './task.js';

/**
 * A list of tasks, blocks and imports, imports replaced by what they import.
 * @throws ConfigurationError
 */
export function loadTaskList(node: YamlNode | undefined, frame: Frame): TaskNode[] {
  if (!node || node.value === null) return [];
  if (!isList(node.value)) {
    throw wrong(
      node,
      `${frame.kind}s are a list, not ${showKind(node.value)}`,
      `Start each ${frame.kind} with "- ".`,
    );
  }
  return itemsOf(node).flatMap((item) => loadNode(withoutCollection(item, OWN), frame));
}

/** Modules of Ansible that the loader itself carries out. */
const OWN = ['import_tasks', 'include_tasks', 'import_role', 'include_role', 'meta'];

function loadNode(node: YamlNode, frame: Frame): readonly TaskNode[] {
  if (isMapping(node.value)) {
    if (Object.hasOwn(node.value, 'block')) return loadBlock(node, frame);
    const stray = ['rescue', 'always'].find((key) => Object.hasOwn(node.value as object, key));
    if (stray !== undefined) throw wrongKey(node, stray, `"${stray}" without a "block"`, blockShape.example);
    const key = ['import_tasks', 'include_tasks'].find((one) => Object.hasOwn(node.value as object, one));
    if (key !== undefined) return importTasks(node, key, frame);
    const role = ['import_role', 'include_role'].find((one) => Object.hasOwn(node.value as object, one));
    if (role !== undefined) return frame.importRole(node, role, frame);
  }
  return [loadTask(node, frame)];
}

function loadBlock(node: YamlNode, frame: Frame): readonly TaskNode[] {
  const value = checkShape(node, blockShape);
  const inner: Frame = { ...frame, inherited: inherit(frame.inherited, node) };
  const part = (key: string): TaskNode[] => loadTaskList(childOf(node, key), inner);
  const block = part('block');
  const rescue = part('rescue');
  const always = part('always');
  if (rescue.length === 0 && always.length === 0) return block;
  if (frame.kind === 'handler') {
    throw wrong(
      node,
      'a handler cannot be a block with "rescue" or "always"',
      'Notify several handlers with "listen".',
    );
  }
  const name = typeof value['name'] === 'string' ? value['name'] : undefined;
  return [{ kind: 'block', position: placeOf(node), name, block, rescue, always } satisfies Block];
}

/** With what `apply` of an include says, be it beside the file or below `args`. @throws ConfigurationError */
function inheritApplied(outer: Inherited, what: YamlNode, args: YamlNode | undefined): Inherited {
  return [what, args].reduce<Inherited>((inherited, given) => {
    if (!given || !isMapping(given.value)) return inherited;
    checkShape(given, importedTasksShape);
    return applied(inherited, given);
  }, outer);
}

/** Both imports and includes are taken at load time: everything is known before the first connection. */
function importTasks(node: YamlNode, key: string, frame: Frame): readonly TaskNode[] {
  checkShape(node, importTasksShape);
  const path = findImport(childOf(node, key)!, frame);
  const { loader, files } = frame;
  if (files.includes(path)) {
    throw wrongKey(
      node,
      key,
      `${loader.nameOf(path)} imports itself`,
      [...files.slice(files.indexOf(path)), path].map(loader.nameOf).join(' -> '),
    );
  }
  const list = loader.readYaml(path);
  const inherited = inheritApplied(
    inherit(frame.inherited, node),
    childOf(node, key)!,
    childOf(node, 'args'),
  );
  return loadTaskList(list, { ...frame, inherited, files: [...files, path] });
}

/** Handlers, blocks of them dissolved. @throws ConfigurationError also for two of one name in one file */
export function loadHandlers(node: YamlNode | undefined, frame: Omit<Frame, 'kind'>): Task[] {
  const nodes = loadTaskList(node, { ...frame, kind: 'handler' });
  const handlers = nodes.filter((one) => one.kind === 'task');
  const seen = new Map<string, Task>();
  for (const handler of handlers) {
    if (typeof handler.name !== 'string') continue;
    const first = seen.get(handler.name);
    if (first) {
      throw new ConfigurationError(`two handlers are named "${handler.name}"`, {
        position: handler.position,
        hint: `The other one stands at line ${first.position.line} of ${first.position.file}; with "listen" both answer to one topic.`,
      });
    }
    seen.set(handler.name, handler);
  }
  return handlers;
}
