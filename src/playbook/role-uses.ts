import { dirname, join } from 'node:path';
import type { Position } from '../errors.js';
import { didYouMean } from '../schema.js';
import { Template } from '../template/template.js';
import { checkShape } from './check-shape.js';
import { inherit, type Inherited } from './inherited.js';
import type { Loader } from './loader.js';
import type { Variables } from './model.js';
import {
  childOf,
  isList,
  isMapping,
  itemsOf,
  placeOf,
  showKind,
  wrong,
  wrongKey,
  type YamlNode,
} from './node.js';
import { findRole, type RoleFolder } from './role-search.js';
import { metaShape, roleEntryShape } from './schema.js';
import { readVariables } from './variables.js';

/** A role as a play or another role asks for it. */
export interface RoleUse extends RoleFolder {
  readonly position: Position;
  readonly params: Variables;
  /** the mapping that holds the parameters */
  readonly entry: YamlNode;
  readonly inherited: Inherited;
}

interface Where {
  readonly loader: Loader;
  readonly dir: string;
  /** the roles that ask for this one, outermost first */
  readonly chain: readonly RoleFolder[];
}

/**
 * The roles of a play in the order in which they run: dependencies before the role that has them, and each once unless
 * its parameters, conditions or users differ or its meta allows duplicates. A role that is asked for twice has the tags
 * of both.
 * @throws ConfigurationError for a missing role, a circle of dependencies, a wrong entry
 */
export function resolveRoles(
  node: YamlNode | undefined,
  where: { loader: Loader; dir: string; inherited: Inherited },
): RoleUse[] {
  const uses = new Map<string, RoleUse>();
  const { loader, dir, inherited } = where;
  collect(node, inherited, { loader, dir, chain: [] }, uses);
  return [...uses.values()];
}

/** A role that stands among the tasks, behind the roles that it depends on. @throws ConfigurationError */
export function resolveImport(
  named: YamlNode,
  where: { loader: Loader; dir: string; inherited: Inherited; position: Position },
): RoleUse[] {
  const { loader, dir, inherited, position } = where;
  const folder = findRole(named, { loader, dir, also: [] });
  const use: RoleUse = { ...folder, position, params: new Map(), entry: named, inherited };
  const meta = readMeta(use, loader);
  const uses = new Map<string, RoleUse>();
  collect(meta && childOf(meta, 'dependencies'), inherited, { loader, dir, chain: [use] }, uses);
  return [...uses.values(), use];
}

function collect(
  node: YamlNode | undefined,
  outer: Inherited,
  where: Where,
  uses: Map<string, RoleUse>,
): void {
  if (!node || node.value === null) return;
  if (!isList(node.value))
    throw wrong(node, `roles are a list, not ${showKind(node.value)}`, roleEntryShape.example);
  for (const entry of itemsOf(node)) {
    const use = readEntry(entry, outer, where);
    const { chain, loader } = where;
    if (chain.some((one) => one.path === use.path)) {
      const names = [...chain, use].map((one) => one.name).join(' -> ');
      throw wrong(entry, `the role ${use.name} depends on itself`, names);
    }
    const meta = readMeta(use, loader);
    collect(meta && childOf(meta, 'dependencies'), use.inherited, { ...where, chain: [...chain, use] }, uses);
    const again = meta !== undefined && childOf(meta, 'allow_duplicates')?.value === true;
    add(use, again ? `${uses.size} ${identityOf(use)}` : identityOf(use), uses);
  }
}

function readEntry(entry: YamlNode, outer: Inherited, { loader, dir, chain }: Where): RoleUse {
  const also = chain.map((one) => dirname(one.path)).reverse();
  const position = placeOf(entry);
  if (typeof entry.value === 'string') {
    return {
      ...findRole(entry, { loader, dir, also }),
      position,
      params: new Map(),
      entry,
      inherited: outer,
    };
  }
  const value = checkShape(entry, roleEntryShape);
  const named = childOf(entry, 'role') ?? childOf(entry, 'name');
  if (!named) throw wrong(entry, 'the entry of a role lacks "role"', roleEntryShape.example);
  const keywords = Object.keys(roleEntryShape.schema.properties ?? {});
  const others = Object.keys(value).filter((key) => !keywords.includes(key));
  for (const key of others) {
    const near = didYouMean(key, keywords);
    if (near !== '')
      throw wrongKey(
        entry,
        key,
        `unknown key "${key}" in the entry of a role${near}`,
        'Put a variable of that name below "vars:".',
      );
  }
  const extra = { ...entry, value: Object.fromEntries(others.map((key) => [key, value[key]!])) };
  const params = new Map([...readVariables(extra), ...readVariables(childOf(entry, 'vars'))]);
  return {
    ...findRole(named, { loader, dir, also }),
    position,
    params,
    entry,
    inherited: inherit(outer, entry, ['vars']),
  };
}

function readMeta({ path }: RoleFolder, loader: Loader): YamlNode | undefined {
  const meta =
    loader.readYaml(join(path, 'meta', 'main.yml')) ?? loader.readYaml(join(path, 'meta', 'main.yaml'));
  if (!meta || meta.value === null) return undefined;
  if (isMapping(meta.value)) checkShape(meta, metaShape);
  else
    throw wrong(meta, `${metaShape.what} must be a mapping, not ${showKind(meta.value)}`, metaShape.example);
  return meta;
}

function add(use: RoleUse, identity: string, uses: Map<string, RoleUse>): void {
  const first = uses.get(identity);
  const tags = first ? [...new Set([...first.inherited.tags, ...use.inherited.tags])] : use.inherited.tags;
  uses.set(identity, { ...(first ?? use), inherited: { ...(first ?? use).inherited, tags } });
}

/** Equal for two uses of a role that would do the same. */
function identityOf({ path, params, inherited }: RoleUse): string {
  const { when, vars } = inherited;
  const others = {
    ...inherited,
    when: when.map(({ source }) => source),
    vars: vars.map((one) => [...one]),
    tags: [],
    notify: [],
  };
  return JSON.stringify([path, [...params], others], (key: string, value: unknown) => {
    if (value instanceof Template) return { template: value.source };
    return key === 'position' ? undefined : value;
  });
}
