import { dirname, isAbsolute, join } from 'node:path';
import { didYouMean } from '../schema.js';
import type { Frame } from './frame.js';
import { childOf, isMapping, wrong, type YamlNode } from './node.js';

/**
 * The file that `import_tasks` names: looked for beside the file that names it, in the role's `tasks/` (or `handlers/`),
 * beside the playbook.
 * @param node the name, or `{file: name}`
 * @throws ConfigurationError that names the places searched
 */
export function findImport(node: YamlNode, { loader, dir, role, files, kind }: Frame): string {
  const named = isMapping(node.value) ? childOf(node, 'file') : node;
  if (!named || typeof named.value !== 'string') {
    throw wrong(
      named ?? node,
      'an import needs the name of a file',
      'Tasks are imported before any host is known: write the name itself.',
    );
  }
  const name = named.value;
  const beside = dirname(files.at(-1) ?? join(dir, '.'));
  const folders = [...new Set([beside, ...(role ? [join(role.path, `${kind}s`)] : []), dir])];
  const places = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  const found = places.find((place) => loader.files.kindOf(place) === 'file');
  if (found !== undefined) return found;
  const names = loader.files.list(beside).filter((one) => /\.ya?ml$/.test(one));
  throw wrong(
    named,
    `file "${name}" not found${didYouMean(name, names)}`,
    `Searched: ${places.map((place) => loader.nameOf(place)).join(', ')}.`,
  );
}
