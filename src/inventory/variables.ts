import type { Inventory, Sourced } from './model.js';

const merged = new WeakMap<Inventory, Map<string, ReadonlyMap<string, Sourced>>>();

/**
 * A host's variables with where each comes from: all < parent group < child group < host; of groups at the same depth the
 * one of higher ansible_group_priority, then the later in the alphabet. group_vars win over group variables in inventory
 * files, as in Ansible. Nothing is rendered. Empty for a host that the inventory does not name.
 */
export function hostVariables(inventory: Inventory, hostName: string): ReadonlyMap<string, Sourced> {
  let known = merged.get(inventory);
  if (!known) merged.set(inventory, (known = new Map()));
  let vars = known.get(hostName);
  if (!vars) known.set(hostName, (vars = merge(inventory, hostName)));
  return vars;
}

/** The same, not merged: which group or host gives what, weakest first. */
export function variableOwners(
  inventory: Inventory,
  hostName: string,
): { owner: string; vars: ReadonlyMap<string, Sourced> }[] {
  const host = inventory.hosts.get(hostName);
  if (!host) return [];
  const groups = ['all', ...host.groups].map((name) => inventory.groups.get(name)!);
  return [
    ...groups.map((group) => ({ owner: `group ${group.name}`, vars: group.vars })),
    ...groups.map((group) => ({ owner: `group ${group.name}`, vars: group.folderVars })),
    { owner: `host ${hostName}`, vars: host.vars },
  ];
}

function merge(inventory: Inventory, hostName: string): ReadonlyMap<string, Sourced> {
  return new Map(variableOwners(inventory, hostName).flatMap(({ vars }) => [...vars]));
}
