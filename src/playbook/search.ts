import { isAbsolute, join } from 'node:path';
import { diskFiles, type Files } from './files.js';
import type { Task } from './model.js';

export type FileKind = 'templates' | 'files';

/**
 * Where a template or file that a task names is looked for, in this order: the role's `templates/` or `files/`, those
 * beside the playbook, the folder of the playbook itself.
 */
export function searchedPlaces(
  task: Pick<Task, 'role'>,
  playbookDir: string,
  kind: FileKind,
  name: string,
): string[] {
  if (isAbsolute(name)) return [name];
  const folders = [...(task.role ? [join(task.role.path, kind)] : []), join(playbookDir, kind), playbookDir];
  return folders.map((folder) => join(folder, name));
}

/** The first of these places where there is something. */
export function findRoleFile(
  task: Pick<Task, 'role'>,
  playbookDir: string,
  kind: FileKind,
  name: string,
  files: Files = diskFiles,
): string | undefined {
  return searchedPlaces(task, playbookDir, kind, name).find((place) => files.kindOf(place) !== undefined);
}
