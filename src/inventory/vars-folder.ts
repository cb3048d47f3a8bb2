import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError, messageOf } from '../errors.js';
import { Template, type Loaded } from '../template/template.js';
import { loadYaml, type YamlOptions } from '../template/yaml.js';
import type { Trust } from '../trust/trust.js';
import type { Secrets } from '../variables/secrets.js';
import { addSecrets, type VaultOpener } from '../variables/vault-opener.js';
import { setVar } from './draft.js';
import type { Sourced } from './model.js';

export interface VarsFolderOptions {
  /** how a file is called in messages */
  readonly shown: (file: string) => string;
  readonly vault: VaultOpener;
  readonly secrets: Secrets;
  readonly trust?: Trust | undefined;
  readonly foundTwice?: YamlOptions['foundTwice'];
}

const EXTENSIONS = ['', '.yml', '.yaml', '.json'];

/**
 * Add what group_vars or host_vars has for each owner: `name` (a file, or a folder whose files are merged in the order of
 * their names), else `name.yml`, `name.yaml` or `name.json`. The first of these counts, as in Ansible.
 */
export function readVarsFolder(
  folder: string,
  owners: ReadonlyMap<string, { readonly folderVars: Map<string, Sourced> }>,
  options: VarsFolderOptions,
): void {
  const entries = new Set(namesIn(folder));
  for (const [name, { folderVars }] of owners) {
    const entry = EXTENSIONS.map((extension) => name + extension).find((one) => entries.has(one));
    if (entry === undefined) continue;
    for (const file of filesOf(path.join(folder, entry)))
      readVars(readText(file, options.trust), options.shown(file), folderVars, options);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw unreadable(folder, error);
  }
}

/** A file itself; of a folder all files below it that can hold variables. */
function filesOf(entry: string): string[] {
  let names;
  try {
    names = readdirSync(entry, { withFileTypes: true });
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
  return usable.flatMap((one) => filesOf(path.join(entry, one.name)));
}

function readText(file: string, trust: Trust | undefined): string {
  try {
    trust?.note(file);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

function readVars(text: string, file: string, vars: Map<string, Sourced>, options: VarsFolderOptions): void {
  const opened = options.vault.openFile(text, file);
  const document = loadYaml(opened.text, file, {
    openVault: options.vault.openValue,
    foundVault: options.vault.foundVault,
    foundTwice: options.foundTwice,
  });
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
