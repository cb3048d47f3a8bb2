import { didYouMean } from '../schema.js';
import { ansibleModules } from './ansible-modules.js';
import type { ModuleShape } from './model.js';
import { isMapping, showKind, wrong, wrongKey, type YamlNode } from './node.js';
import type { Shape } from './schema.js';

/** The module (or check) of a task, and the key under which it stands there: its name, perhaps with a collection. */
export interface FoundModule {
  readonly key: string;
  readonly name: string;
  readonly shape: ModuleShape;
}

/**
 * The one key of a task that names what it does.
 * @param word what is looked for: `module` or `check`
 * @throws ConfigurationError when there is none, more than one, or a key that is neither keyword nor module
 */
export function findModule(
  node: YamlNode,
  known: ReadonlyMap<string, ModuleShape>,
  shape: Shape,
  word: 'module' | 'check',
): FoundModule {
  if (!isMapping(node.value))
    throw wrong(node, `${shape.what} must be a mapping, not ${showKind(node.value)}`, shape.example);
  const keywords = Object.keys(shape.schema.properties ?? {});
  const others = Object.keys(node.value).filter(
    (key) => !keywords.includes(key) && !Object.hasOwn(shape.foreign, key),
  );
  const found = others
    .map((key) => ({ key, name: lastPartOf(key, known) }))
    .filter(({ name }) => known.has(name));
  const stranger = others.find((key) => !found.some((one) => one.key === key));
  if (stranger !== undefined)
    throw strange(node, stranger, { known, keywords, shape, word, alone: found.length === 0 });
  const [first, second] = found;
  if (second) {
    const both = `"${first!.key}" and "${second.key}"`;
    throw wrongKey(
      node,
      second.key,
      `${shape.what} has one ${word}, this one has ${both}`,
      `Start another one with "- " before ${second.key}.`,
    );
  }
  if (first) return { ...first, shape: known.get(first.name)! };
  const foreign = Object.keys(node.value).find((key) => Object.hasOwn(shape.foreign, key));
  if (foreign !== undefined) {
    throw wrongKey(node, foreign, `"${foreign}" is not supported in ${shape.what}`, shape.foreign[foreign]);
  }
  throw wrong(node, `${shape.what} without a ${word}`, `Add one: ${some(known)}.`);
}

/** `ansible.builtin.apt` is apt. */
function lastPartOf(key: string, known: ReadonlyMap<string, ModuleShape>): string {
  if (known.has(key)) return key;
  return /^\w+\.\w+\.(\w+)$/.exec(key)?.[1] ?? key;
}

interface Known {
  readonly known: ReadonlyMap<string, ModuleShape>;
  readonly keywords: readonly string[];
  readonly shape: Shape;
  readonly word: 'module' | 'check';
  /** the task has no module besides */
  readonly alone: boolean;
}

function strange(node: YamlNode, key: string, { known, keywords, shape, word, alone }: Known): Error {
  const name = lastPartOf(key, known);
  const instead = word === 'module' && Object.hasOwn(ansibleModules, name) ? ansibleModules[name] : undefined;
  if (instead !== undefined)
    return wrongKey(node, key, `Ansible's module "${name}" does not exist here`, instead);
  if (['hosts', 'roles', 'tasks', 'import_playbook'].includes(key)) {
    return wrongKey(
      node,
      key,
      `"${key}" belongs to a play, and this is ${shape.what}`,
      'Plays stand in a playbook, tasks below "tasks:".',
    );
  }
  if (!alone) return wrongKey(node, key, `unknown key "${key}" in ${shape.what}${didYouMean(key, keywords)}`);
  const suggestion = didYouMean(name, [...known.keys(), ...keywords]);
  return wrongKey(
    node,
    key,
    `unknown ${word} "${key}"${suggestion}`,
    suggestion === '' ? `Known are ${some(known)}.` : undefined,
  );
}

function some(known: ReadonlyMap<string, ModuleShape>): string {
  return [...known.keys()].sort().join(', ');
}
