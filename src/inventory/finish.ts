import { ConfigurationError } from '../errors.js';
import type { DraftGroup, InventoryDraft } from './draft.js';
import type { Group, Host, Inventory, Sourced } from './model.js';

/** Put what was read into its final form and check what only shows as a whole. @throws ConfigurationError */
export function finishInventory(
  draft: InventoryDraft,
  given: {
    readonly sources: readonly string[];
    readonly dir: string;
    readonly warn?: ((message: string) => void) | undefined;
  },
): Inventory {
  warnOfDoubleNames(draft, given.warn);
  const parents = parentsOf(draft);
  refuseCircles(draft);
  const depths = depthsOf(draft, parents);
  const ancestors = ancestorsOf(draft, parents);
  settleUngrouped(draft);
  const direct = directGroups(draft);

  const groups = new Map<string, Group>();
  for (const group of draft.groups.values())
    groups.set(group.name, finishGroup(group, depths.get(group.name) ?? 0));
  const hosts = new Map<string, Host>();
  for (const { name, vars, folderVars } of draft.hosts.values()) {
    const all = new Set(
      (direct.get(name) ?? []).flatMap((group) => [group, ...(ancestors.get(group) ?? [])]),
    );
    all.delete('all');
    hosts.set(name, {
      name,
      groups: [...all]
        .map((one) => groups.get(one)!)
        .sort(byStrength)
        .map((one) => one.name),
      vars: merge(vars, folderVars),
    });
  }
  return { sources: given.sources, dir: given.dir, hosts, groups };
}

/** A pattern of this name means the group, as in Ansible. */
function warnOfDoubleNames(draft: InventoryDraft, warn: ((message: string) => void) | undefined): void {
  for (const name of draft.hosts.keys())
    if (draft.groups.has(name))
      warn?.(`"${name}" is the name of a host and of a group: as a pattern it means the group`);
}

/** Groups below no other are below all. */
function parentsOf(draft: InventoryDraft): Map<string, string[]> {
  const parents = new Map<string, string[]>([...draft.groups.keys()].map((name) => [name, []]));
  for (const group of draft.groups.values())
    for (const child of group.children.keys()) parents.get(child)!.push(group.name);
  for (const [name, above] of parents) {
    if (name === 'all' || above.length > 0) continue;
    draft.addChild('all', name, undefined);
    above.push('all');
  }
  return parents;
}

function refuseCircles(draft: InventoryDraft): void {
  const done = new Set<string>();
  const visit = (group: DraftGroup, chain: readonly string[]): void => {
    if (done.has(group.name)) return;
    for (const [child, position] of group.children) {
      const start = [...chain, group.name].indexOf(child);
      if (start !== -1) {
        const circle = [...chain, group.name].slice(start);
        throw new ConfigurationError(
          `the group "${child}" is below itself: ${[...circle, child].join(' > ')}`,
          {
            position: position ?? group.position,
            hint: 'Take one of these groups out of the children of the other.',
          },
        );
      }
      visit(draft.groups.get(child)!, [...chain, group.name]);
    }
    done.add(group.name);
  };
  for (const group of draft.groups.values()) visit(group, []);
}

function depthsOf(
  draft: InventoryDraft,
  parents: ReadonlyMap<string, readonly string[]>,
): Map<string, number> {
  const depths = new Map<string, number>([['all', 0]]);
  const depthOf = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const depth = 1 + Math.max(...parents.get(name)!.map(depthOf));
    depths.set(name, depth);
    return depth;
  };
  for (const name of draft.groups.keys()) depthOf(name);
  return depths;
}

function ancestorsOf(
  draft: InventoryDraft,
  parents: ReadonlyMap<string, readonly string[]>,
): Map<string, ReadonlySet<string>> {
  const ancestors = new Map<string, ReadonlySet<string>>();
  const above = (name: string): ReadonlySet<string> => {
    const known = ancestors.get(name);
    if (known) return known;
    const set = new Set(parents.get(name)!.flatMap((parent) => [parent, ...above(parent)]));
    ancestors.set(name, set);
    return set;
  };
  for (const name of draft.groups.keys()) above(name);
  return ancestors;
}

/** `ungrouped` has the hosts that are in no other group but all. */
function settleUngrouped(draft: InventoryDraft): void {
  const ungrouped = draft.groups.get('ungrouped')!;
  const grouped = new Set<string>();
  for (const group of draft.groups.values()) {
    if (group.name !== 'all' && group.name !== 'ungrouped') for (const host of group.hosts) grouped.add(host);
  }
  for (const host of grouped) ungrouped.hosts.delete(host);
  for (const name of draft.hosts.keys()) if (!grouped.has(name)) ungrouped.hosts.add(name);
}

function directGroups(draft: InventoryDraft): Map<string, string[]> {
  const direct = new Map<string, string[]>();
  for (const group of draft.groups.values()) {
    for (const host of group.hosts) direct.set(host, [...(direct.get(host) ?? []), group.name]);
  }
  return direct;
}

function finishGroup(group: DraftGroup, depth: number): Group {
  return {
    name: group.name,
    children: [...group.children.keys()],
    hosts: [...group.hosts],
    vars: merge(group.vars, group.folderVars),
    folderVars: group.folderVars,
    depth,
    priority: group.priority,
  };
}

function merge(
  weaker: ReadonlyMap<string, Sourced>,
  stronger: ReadonlyMap<string, Sourced>,
): ReadonlyMap<string, Sourced> {
  return stronger.size === 0 ? weaker : new Map([...weaker, ...stronger]);
}

/** The weaker first: nearer to all, then of lower priority, then first in the alphabet. */
function byStrength(a: Group, b: Group): number {
  return a.depth - b.depth || a.priority - b.priority || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
