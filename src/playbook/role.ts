import { join } from 'node:path';
import { ConfigurationError } from '../errors.js';
import { didYouMean } from '../schema.js';
import { loadChecks } from './checks.js';
import type { Frame } from './frame.js';
import type { Loader } from './loader.js';
import type { CheckTask, Role, Task, TaskNode } from './model.js';
import type { YamlNode } from './node.js';
import { readRoleSchema } from './role-schema.js';
import type { RoleUse } from './role-uses.js';
import { checkRoleVariables } from './role-variables.js';
import { loadHandlers, loadTaskList } from './task-list.js';
import { readVariables } from './variables.js';

export interface LoadedRole {
  readonly role: Role;
  readonly tasks: readonly TaskNode[];
  readonly handlers: readonly Task[];
  readonly checks: readonly CheckTask[];
}

/** What a role's folder may hold, and where of each it is read. */
const PARTS = ['tasks', 'handlers', 'defaults', 'vars', 'meta'] as const;
const KNOWN = [...PARTS, 'templates', 'files', 'verify.yml', 'schema.json', 'README.md'];

/**
 * Everything of a role for one use of it.
 * @param tasksFrom a file of its tasks/ instead of main.yml
 * @throws ConfigurationError
 */
export function loadRole(use: RoleUse, frame: Frame, tasksFrom?: string): LoadedRole {
  const { loader } = frame;
  checkFolder(use, loader);
  const role: Role = {
    name: use.name,
    path: use.path,
    defaults: readVariables(read(use.path, 'defaults', loader)?.node),
    vars: readVariables(read(use.path, 'vars', loader)?.node),
    params: use.params,
    schema: readRoleSchema(use.path, loader),
    position: use.position,
  };
  checkRoleVariables(role);
  const inRole = (part: { node: YamlNode; file: string } | undefined): Frame => ({
    ...frame,
    role,
    inherited: use.inherited,
    files: part ? [...frame.files, part.file] : [],
    kind: 'task',
  });
  const tasks = tasksFrom === undefined ? read(use.path, 'tasks', loader) : readTasks(use, tasksFrom, loader);
  if (tasks && frame.files.includes(tasks.file)) {
    throw new ConfigurationError(`the role ${use.name} imports itself`, {
      position: use.position,
      hint: [...frame.files, tasks.file].map(loader.nameOf).join(' -> '),
    });
  }
  const handlers = read(use.path, 'handlers', loader);
  const checks = readFirst([join(use.path, 'verify.yml'), join(use.path, 'verify.yaml')], loader);
  return {
    role,
    tasks: loadTaskList(tasks?.node, inRole(tasks)),
    handlers: loadHandlers(handlers?.node, inRole(handlers)),
    checks: loadChecks(checks?.node, inRole(checks)),
  };
}

/** @throws ConfigurationError for a folder that holds no role, or a part of it under a name that is nearly right */
function checkFolder({ name, path, position }: RoleUse, { files, nameOf }: Loader): void {
  const names = files.list(path);
  if (!names.some((one) => KNOWN.includes(one))) {
    throw new ConfigurationError(`the folder of the role ${name} is empty`, {
      position,
      hint: `Put tasks into ${join(nameOf(path), 'tasks', 'main.yml')}.`,
    });
  }
  for (const one of names) {
    if (KNOWN.includes(one) || files.kindOf(join(path, one)) !== 'folder') continue;
    const near = didYouMean(one, PARTS);
    if (near === '') continue;
    throw new ConfigurationError(`the role ${name} has a folder "${one}", which is not read${near}`, {
      position,
    });
  }
}

function readTasks(
  { name, path, position }: RoleUse,
  from: string,
  loader: Loader,
): { node: YamlNode; file: string } {
  const folder = join(path, 'tasks');
  const stem = join(folder, from.replace(/\.ya?ml$/, ''));
  const found = readFirst([`${stem}.yml`, `${stem}.yaml`], loader);
  if (found) return found;
  const names = loader.files.list(folder).map((one) => one.replace(/\.ya?ml$/, ''));
  throw new ConfigurationError(`the role ${name} has no tasks "${from}"${didYouMean(from, names)}`, {
    position,
    hint: `Searched: ${loader.nameOf(`${stem}.yml`)}.`,
  });
}

function read(
  path: string,
  part: (typeof PARTS)[number],
  loader: Loader,
): { node: YamlNode; file: string } | undefined {
  return readFirst([join(path, part, 'main.yml'), join(path, part, 'main.yaml')], loader);
}

function readFirst(paths: readonly string[], loader: Loader): { node: YamlNode; file: string } | undefined {
  for (const file of paths) {
    const node = loader.readYaml(file);
    if (node) return { node, file };
  }
  return undefined;
}
