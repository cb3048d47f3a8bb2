import type { Inventory } from '../../inventory/model.js';
import { Template, type Sourced } from '../../template/template.js';
import { digestOf } from './digest.js';

/** A digest of all that an inventory says: hosts, groups and their variables, unrendered; vaulted values as they stand. */
export function inventoryDigest(inventory: Inventory, salt: string): string {
  const hosts = [...inventory.hosts.values()].map(({ name, groups, vars }) => [name, groups, written(vars)]);
  const groups = [...inventory.groups.values()].map((group) => [
    group.name,
    group.children,
    group.hosts,
    written(group.vars),
    written(group.folderVars),
    group.priority,
  ]);
  return digestOf({ hosts, groups }, salt);
}

function written(vars: ReadonlyMap<string, Sourced>): unknown {
  return Object.fromEntries([...vars].map(([name, { value }]) => [name, sourceOf(value)]));
}

function sourceOf(value: unknown): unknown {
  if (value instanceof Template) return { template: value.source };
  if (Array.isArray(value)) return value.map(sourceOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, sourceOf(one)]));
}
