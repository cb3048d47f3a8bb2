import type { Inventory } from './model.js';

/** All hosts of a group: its own, then those of the groups below it, level by level. Each once. */
export function membersOf(inventory: Inventory, groupName: string): string[] {
  const members = new Set<string>();
  const seen = new Set([groupName]);
  // A Set is read in the order of insertion, also while it grows.
  for (const name of seen) {
    const group = inventory.groups.get(name);
    if (!group) continue;
    for (const host of group.hosts) members.add(host);
    for (const child of group.children) seen.add(child);
  }
  return [...members];
}
