import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError, messageOf } from '../errors.js';
import { Template, type Loaded } from '../template/template.js';
import { loadYaml } from '../template/yaml.js';
import type { Secrets } from '../variables/secrets.js';
import { addSecrets, type VaultOpener } from '../variables/vault-opener.js';
import { setVar } from './draft.js';
import type { Sourced } from './model.js';

export interface VarsFolderOptions {
  /** how a file is called in messages */
  readonly shown: (file: string) => string;
  readonly vault: VaultOpener;
  readonly secrets: Secrets;
}

const EXTENSIONS = ['', '.yml', '.yaml', '.json'];

/**
 * Add what group_vars or host_vars has for each owner: `name` (a file, or a folder whose files are merged in the order of
 * their names), else `name.yml`, `name.yaml` or `name.json`. The first of these counts, as in Ansible.
 */
export async function readVarsFolder(
  folder: string,
  owners: ReadonlyMap<string, { readonly folderVars: Map<string, Sourced> }>,
  options: VarsFolderOptions,
): Promise<void> {
  const entries = new Set(await namesIn(folder));
  await Promise.all(
    [...owners].map(async ([name, { folderVars }]) => {
      const entry = EXTENSIONS.map((extension) => name + extension).find((one) => entries.has(one));
      if (entry === undefined) return;
      const files = await filesOf(path.join(folder, entry));
      const texts = await Promise.all(files.map(readText));
      files.forEach((file, index) => readVars(texts[index]!, options.shown(file), folderVars, options));
    }),
  );
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw unreadable(folder, error);
  }
}

/** A file itself; of a folder all files below it that can hold variables. */
async function filesOf(entry: string): Promise<string[]> {
  let names;
  try {
    names = await readdir(entry, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [entry];
    throw unreadable(entry, error);
  }
  const usable = names
    .filter(({ name }) => !name.startsWith('.') && !name.endsWith('~'))
    .filter(
      (one) =>
        EXTENSIONS.includes(path.extname(one.name)) && !(one.isDirectory() && path.extname(one.name) !== ''),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const nested = await Promise.all(usable.map((one) => filesOf(path.join(entry, one.name))));
  return nested.flat();
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

function readVars(text: string, file: string, vars: Map<string, Sourced>, options: VarsFolderOptions): void {
  const opened = options.vault.openFile(text, file);
  const document = loadYaml(opened.text, file, { openVault: options.vault.openValue });
  const { value } = document;
  if (value === null) return;
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Template) {
    throw new ConfigurationError('a file of variables is a map of names to values', {
      position: document.at([]),
    });
  }
  if (opened.secret) addSecrets(value, options.secrets);
  for (const [name, one] of Object.entries(value as Record<string, Loaded>))
    setVar(vars, name, one, document.at([name]));
}

function unreadable(file: string, error: unknown): ConfigurationError {
  return new ConfigurationError(`cannot be read: ${messageOf(error)}`, {
    position: { file, line: 1, col: 1 },
    cause: error,
  });
}
