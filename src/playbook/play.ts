import { dirname, isAbsolute, join } from 'node:path';
import { didYouMean } from '../schema.js';
import { Template } from '../template/template.js';
import { loadChecks } from './checks.js';
import { checkShape } from './check-shape.js';
import type { Frame, Notification } from './frame.js';
import { inherit, type Inherited } from './inherited.js';
import type { Loader } from './loader.js';
import type { Play, Task, TaskNode, Variables } from './model.js';
import {
  childOf,
  isMapping,
  itemsOf,
  placeOf,
  wrong,
  wrongKey,
  type Mapping,
  type YamlNode,
} from './node.js';
import { checkNotifications } from './notifications.js';
import { roleImporter } from './import-role.js';
import { loadRole, type LoadedRole } from './role.js';
import { resolveRoles } from './role-uses.js';
import { playShape } from './schema.js';
import { readNeeds } from './needs.js';
import { readSerial } from './serial.js';
import { loadHandlers, loadTaskList } from './task-list.js';
import { flushTask } from './task.js';
import { readVariables } from './variables.js';

/** Where a play stands. */
export interface PlayPlace {
  readonly loader: Loader;
  /** absolute path of the playbook */
  readonly file: string;
  /** from `import_playbook` */
  readonly inherited: Inherited;
  /** from `import_playbook`; the play's own win */
  readonly vars: Variables;
}

/** One play with its roles. @throws ConfigurationError */
export function loadPlay(node: YamlNode, { loader, file, inherited: outer, vars }: PlayPlace): Play {
  checkNoTask(node, loader);
  const value = checkShape(node, playShape);
  const dir = dirname(file);
  const notified: Notification[] = [];
  const inherited = inherit(outer, node, ['vars']);
  const roles: LoadedRole[] = [];
  const frame: Frame = {
    loader,
    dir,
    role: undefined,
    inherited,
    files: [file],
    kind: 'task',
    notified,
    importRole: roleImporter(roles),
  };
  for (const use of resolveRoles(childOf(node, 'roles'), { loader, dir, inherited }))
    roles.push(loadRole(use, frame));
  const listed = roles.flatMap((one) => one.tasks);
  const list = (key: string): TaskNode[] => loadTaskList(childOf(node, key), frame);
  const tasks = inOrder(node, {
    before: list('pre_tasks'),
    main: [...listed, ...list('tasks')],
    after: list('post_tasks'),
  });
  const handlers = [
    ...roles.flatMap((one) => one.handlers),
    ...loadHandlers(childOf(node, 'handlers'), frame),
  ];
  checkNotifications(notified, handlers);
  return {
    name: nameOf(value),
    position: placeOf(node),
    dir,
    hosts: value['hosts']!,
    vars: new Map([
      ...vars,
      ...readVariables(childOf(node, 'vars')),
      ...readVarsFiles(childOf(node, 'vars_files'), loader, dir),
    ]),
    tasks,
    handlers,
    roles: roles.map((one) => one.role),
    checks: [...roles.flatMap((one) => one.checks), ...loadChecks(childOf(node, 'verify'), frame)],
    serial: readSerial(childOf(node, 'serial')),
    needs: readNeeds(childOf(node, 'needs')),
    anyErrorsFatal: value['any_errors_fatal'] === true,
    maxFailPercentage: value['max_fail_percentage'],
    tags: inherited.tags,
    become: inherited.become,
    becomeUser: inherited.becomeUser,
    becomeSandbox: inherited.becomeSandbox,
  };
}

/** A task at the top of a playbook has keys that no play knows; it is told what is wrong in its own words. */
function checkNoTask(node: YamlNode, { catalogue }: Loader): void {
  if (!isMapping(node.value) || Object.hasOwn(node.value, 'hosts')) return;
  const module = Object.keys(node.value).find((key) => catalogue.modules.has(key) || key === 'block');
  if (module !== undefined) {
    throw wrongKey(node, module, `"${module}" belongs to a task, and this is a play`, playShape.example);
  }
}

/** Handlers that were notified run between the sections; they do so even where a section is empty of tasks for them. */
function inOrder(
  node: YamlNode,
  sections: { before: TaskNode[]; main: TaskNode[]; after: TaskNode[] },
): TaskNode[] {
  const flush: Task = { ...flushTask(node), implicit: true };
  const { before, main, after } = sections;
  return [
    ...(before.length > 0 ? [...before, flush] : []),
    ...main,
    flush,
    ...(after.length > 0 ? [...after, flush] : []),
  ];
}

function nameOf(value: Mapping): string {
  const { name, hosts } = value;
  if (typeof name === 'string') return name;
  if (name instanceof Template) return name.source;
  return [hosts]
    .flat()
    .map((one) => (one instanceof Template ? one.source : String(one)))
    .join(',');
}

function readVarsFiles(node: YamlNode | undefined, loader: Loader, dir: string): Variables {
  if (!node) return new Map();
  return new Map(
    itemsOf(node).flatMap((item) => {
      const name = String(item.value);
      const path = isAbsolute(name) ? name : join(dir, name);
      const read = loader.readYaml(path);
      if (read) return [...readVariables(read)];
      const near = didYouMean(
        name,
        loader.files.list(dirname(path)).map((one) => join(dirname(name), one)),
      );
      throw wrong(item, `file "${name}" not found${near}`, `Searched: ${loader.nameOf(path)}.`);
    }),
  );
}
