import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ConfigurationError } from '../errors.js';
import { checkShape } from './check-shape.js';
import { inherit, nothingInherited } from './inherited.js';
import { createLoader, type LoadOptions } from './loader.js';
import type { Play, Playbook } from './model.js';
import { checkNeeds } from './needs.js';
import {
  childOf,
  isList,
  isMapping,
  itemsOf,
  showKind,
  wrong,
  wrongKey,
  type YamlNode,
  withoutCollection,
} from './node.js';
import { loadPlay, type PlayPlace } from './play.js';
import { importPlaybookShape, playShape } from './schema.js';
import { readVariables } from './variables.js';

/**
 * Read a playbook with everything that it names: other playbooks, roles, tasks, variables, templates. All of it is
 * checked, so that a run that starts is not stopped half-way by a mistake in a file.
 * @throws ConfigurationError that says where and what to try
 */
export async function loadPlaybook(options: LoadOptions): Promise<Playbook> {
  // What is read is checked while it is read; nothing of it waits.
  await Promise.resolve();
  const cwd = resolve(options.cwd ?? '.');
  const path = resolve(cwd, options.path);
  const loader = createLoader(options, cwd);
  const name = loader.nameOf(path);
  const plays = loadFile(path, { loader, inherited: nothingInherited, vars: new Map(), trail: [] });
  checkNeeds(plays);
  return { path, name, plays, namesFacts: loader.namesFacts() };
}

interface Place extends Omit<PlayPlace, 'file'> {
  /** the playbooks that import this one, outermost first */
  readonly trail: readonly string[];
}

function loadFile(path: string, place: Place): Play[] {
  const { loader } = place;
  const node = loader.readYaml(path);
  if (!node)
    throw new ConfigurationError(`playbook ${loader.nameOf(path)} not found`, {
      hint: 'Check its name and the folder that you are in.',
    });
  if (!isList(node.value))
    throw wrong(node, `a playbook is a list of plays, not ${showKind(node.value)}`, playShape.example);
  if (node.value.length === 0) throw wrong(node, 'a playbook without plays', playShape.example);
  return itemsOf(node).flatMap((given) => {
    const item = withoutCollection(given, ['import_playbook']);
    if (!isMapping(item.value) || !Object.hasOwn(item.value, 'import_playbook'))
      return [loadPlay(item, { ...place, file: path })];
    return importPlaybook(item, path, place);
  });
}

function importPlaybook(node: YamlNode, from: string, place: Place): Play[] {
  const { loader, trail } = place;
  checkShape(node, importPlaybookShape);
  const named = childOf(node, 'import_playbook')!;
  const name = String(named.value);
  const path = isAbsolute(name) ? name : join(dirname(from), name);
  if (loader.files.kindOf(path) !== 'file')
    throw wrong(named, `playbook "${name}" not found`, `Searched: ${loader.nameOf(path)}.`);
  const files = [...trail, from];
  if (files.includes(path)) {
    throw wrongKey(
      node,
      'import_playbook',
      `${loader.nameOf(path)} imports itself`,
      [...files, path].map((one) => loader.nameOf(one)).join(' -> '),
    );
  }
  return loadFile(path, {
    loader,
    inherited: inherit(place.inherited, node, ['vars']),
    vars: new Map([...place.vars, ...readVariables(childOf(node, 'vars'))]),
    trail: files,
  });
}
