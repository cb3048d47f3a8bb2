import { basename, isAbsolute, join, resolve } from 'node:path';
import { didYouMean } from '../schema.js';
import type { Loader } from './loader.js';
import { wrong, type YamlNode } from './node.js';

export interface RoleFolder {
  readonly name: string;
  /** absolute */
  readonly path: string;
}

/**
 * The folder of a role: in `roles/` beside the playbook, then in the folders of rolesPath, in order. A name with a slash
 * is a path from the playbook's folder.
 * @param also folders to search last
 * @throws ConfigurationError that names every folder searched
 */
export function findRole(
  node: YamlNode,
  where: { loader: Loader; dir: string; also: readonly string[] },
): RoleFolder {
  const { loader, dir, also } = where;
  const name = String(node.value);
  if (name.includes('/') || isAbsolute(name)) {
    const path = resolve(dir, name);
    if (loader.files.kindOf(path) === 'folder') return { name: basename(path), path };
    throw wrong(node, `role "${name}" not found`, `There is no folder ${loader.nameOf(path)}.`);
  }
  const folders = [
    ...new Set([join(dir, 'roles'), ...loader.rolesPath, ...also].map((folder) => resolve(folder))),
  ];
  const folder = folders.find((one) => loader.files.kindOf(join(one, name)) === 'folder');
  if (folder !== undefined) return { name, path: join(folder, name) };
  const known = folders.flatMap((one) => loader.files.list(one));
  throw wrong(
    node,
    `role "${name}" not found${didYouMean(name, known)}`,
    `Searched: ${folders.map((one) => loader.nameOf(one)).join(', ')}.`,
  );
}
