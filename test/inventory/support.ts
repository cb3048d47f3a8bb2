import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProvisionError } from '../../src/errors.js';
import { loadInventory, type InventoryOptions } from '../../src/inventory/load.js';
import type { Inventory } from '../../src/inventory/model.js';
import { createSecrets } from '../../src/variables/secrets.js';

export const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url));

/** Write files into a new folder, load the inventory there, and remove the folder. */
export async function loadFrom(
  files: Readonly<Record<string, string | { text: string; mode: number }>>,
  sources: readonly string[] = [Object.keys(files)[0]!],
  options: Partial<InventoryOptions> = {},
): Promise<Inventory> {
  const cwd = mkdtempSync(path.join(tmpdir(), 'inventory-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(cwd, name);
      mkdirSync(path.dirname(file), { recursive: true });
      if (typeof content === 'string') writeFileSync(file, content);
      else writeFileSync(file, content.text, { mode: content.mode });
    }
    return await loadInventory(sources, { cwd, secrets: createSecrets(), ...options });
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

export async function failureOf(work: Promise<unknown>): Promise<ProvisionError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ProvisionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
