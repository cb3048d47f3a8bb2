import { ConfigurationError } from '../errors.js';
import { validate, type JsonSchema, type Problem } from '../schema.js';
import { Template, type Loaded } from '../template/template.js';
import { loadYaml, type YamlDocument, type YamlOptions } from '../template/yaml.js';
import type { VaultOpener } from '../variables/vault-opener.js';
import type { InventoryDraft } from './draft.js';

type Path = readonly (string | number)[];
type LoadedMap = Readonly<Record<string, Loaded>>;

/** A group without what is in its children, which are groups themselves. */
const groupSchema: JsonSchema = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    hosts: { type: ['object', 'string', 'null'], additionalProperties: { type: ['object', 'null'] } },
    children: { type: ['object', 'string', 'null'] },
    vars: { type: ['object', 'null'] },
  },
};

/** Read an inventory in Ansible's YAML layout: groups with hosts, children and vars. @throws ConfigurationError */
export function readYamlSource(
  text: string,
  file: string,
  draft: InventoryDraft,
  { vault, foundTwice }: { readonly vault: VaultOpener } & Pick<YamlOptions, 'foundTwice'>,
): void {
  const document = loadYaml(text, file, {
    openVault: vault.openValue,
    foundVault: vault.foundVault,
    foundTwice,
  });
  const { value } = document;
  if (document.isEmpty || value === null) return;
  refuseOther(value, document);
  const problem = problemIn(value as LoadedMap, []);
  if (problem) {
    const path = problem.key === undefined ? problem.path : [...problem.path, problem.key];
    throw new ConfigurationError(problem.message, {
      position: document.keyAt(path),
      hint: hintFor(problem.path, problem.key),
    });
  }
  for (const [name, group] of Object.entries(value as LoadedMap))
    readGroup(name, group, { document, draft, path: [name] });
}

function problemIn(groups: LoadedMap, path: Path): Problem | undefined {
  for (const [name, group] of Object.entries(groups)) {
    const here = [...path, name];
    const [own] = validate(groupSchema, group);
    if (own) return { ...own, path: [...here, ...own.path] };
    const children = isMap(group) ? group['children'] : undefined;
    const below = isMap(children) ? problemIn(children, [...here, 'children']) : undefined;
    if (below) return below;
  }
  return undefined;
}

function refuseOther(value: Loaded, document: YamlDocument): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Template) {
    throw new ConfigurationError('a YAML inventory is a map of groups', {
      position: document.at([]),
      hint: 'Begin it with "all:" and put hosts, children and vars below.',
    });
  }
  if ('plugin' in value) {
    throw new ConfigurationError('inventory plugins are not supported', {
      position: document.keyAt(['plugin']),
      hint: 'Use a script that prints the inventory as JSON, or save what "ansible-inventory --list --yaml" prints.',
    });
  }
  for (const key of ['hosts', 'children', 'vars']) {
    if (key in value) {
      throw new ConfigurationError(`"${key}" stands where the name of a group is expected`, {
        position: document.keyAt([key]),
        hint: 'Put it below a group, for example "all:".',
      });
    }
  }
}

function hintFor(path: Path, key: string | undefined): string | undefined {
  if (key !== undefined)
    return 'A group has hosts, children and vars: hosts belong below "hosts:", groups below "children:".';
  if (path.at(-1) === 'hosts' || path.at(-1) === 'children')
    return 'Each name is a key: "web1:", not "- web1".';
  return undefined;
}

interface Reading {
  readonly document: YamlDocument;
  readonly draft: InventoryDraft;
  readonly path: Path;
}

function readGroup(name: string, content: Loaded, { document, draft, path }: Reading): void {
  const group = draft.addGroup(name, document.keyAt(path));
  if (content === null) return;
  const { vars, children, hosts } = content as LoadedMap;
  for (const [key, value] of entriesOf(vars))
    draft.setGroupVar(group, key, value, document.at([...path, 'vars', key]));
  for (const [child, inner] of entriesOf(children)) {
    const childPath = [...path, 'children', child];
    readGroup(child, inner, { document, draft, path: childPath });
    draft.addChild(name, child, document.keyAt(childPath));
  }
  for (const [entry, inner] of entriesOf(hosts)) {
    const hostPath = [...path, 'hosts', entry];
    const added = draft.addHosts(entry, name, document.keyAt(hostPath));
    for (const [key, value] of entriesOf(inner)) {
      const position = document.at([...hostPath, key]);
      for (const host of added) draft.setHostVar(host, key, value, position);
    }
  }
}

function isMap(value: Loaded | undefined): value is LoadedMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Template);
}

/** A section may be a single name instead of a map, as Ansible allows. */
function entriesOf(section: Loaded | undefined): [string, Loaded][] {
  if (section === undefined || section === null) return [];
  return typeof section === 'string' ? [[section, null]] : Object.entries(section as LoadedMap);
}
