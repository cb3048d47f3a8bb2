import type { Secrets } from '../variables/secrets.js';
import type { Inventory } from './model.js';

export interface InventoryOptions {
  readonly cwd: string;
  readonly secrets: Secrets;
  readonly vaultPassword?: string | undefined;
  /** of inventory scripts; left out: the controller's own environment */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Read inventory sources (files, folders, scripts, `host1,host2,`); later ones win. */
export function loadInventory(_sources: readonly string[], _options: InventoryOptions): Promise<Inventory> {
  throw new Error('being written');
}
