import type { Inventory, Sourced } from './model.js';

/** A host's variables: all < parent group < child group < host. Nothing rendered. */
export function hostVariables(_inventory: Inventory, _hostName: string): ReadonlyMap<string, Sourced> {
  throw new Error('being written');
}
