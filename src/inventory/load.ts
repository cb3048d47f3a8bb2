import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError, UsageError, formatPosition, messageOf, type Position } from '../errors.js';
import type { Trust } from '../trust/trust.js';
import type { Secrets } from '../variables/secrets.js';
import { createVaultOpener, type VaultOpener } from '../variables/vault-opener.js';
import { InventoryDraft } from './draft.js';
import { finishInventory } from './finish.js';
import { readIniSource } from './ini-source.js';
import type { Inventory } from './model.js';
import { readScriptSource } from './script-source.js';
import { readVarsFolder } from './vars-folder.js';
import { readYamlSource } from './yaml-source.js';

export interface InventoryOptions {
  /** where relative sources start */
  readonly cwd: string;
  /** gets every value that comes out of a vault */
  readonly secrets: Secrets;
  readonly vaultPassword?: string | undefined;
  /** group_vars/ and host_vars/ in this folder count too, and win over those beside the sources */
  readonly playbookDir?: string | undefined;
  /** of inventory scripts; left out: the controller's own environment */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** asked about each file before it is read; left out: everything is believed */
  readonly trust?: Trust | undefined;
  /** run no program: who has named these sources may only name files to read */
  readonly readOnly?: boolean | undefined;
  /** told of what Ansible only warns of */
  readonly warn?: ((message: string) => void) | undefined;
  /** for listings: an inventory without hosts is no error */
  readonly mayBeEmpty?: boolean | undefined;
}

/** Files that a folder of sources may hold beside them, by Ansible's list. */
const NO_SOURCE = /^\.|(?:~|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry))$/;
const NO_SOURCE_FOLDERS = new Set(['group_vars', 'host_vars', 'vars_plugins']);

/**
 * Read inventory sources: YAML and INI files, executable scripts, folders of all these, and lists `host1,host2,`. Later
 * sources win. group_vars/ and host_vars/ beside a source are read with it.
 * @throws UsageError for a source that is not there; ConfigurationError with file:line:col for what is wrong in one
 */
export async function loadInventory(
  sources: readonly string[],
  options: InventoryOptions,
): Promise<Inventory> {
  const [first] = sources;
  if (first === undefined) throw new UsageError('no inventory is given', { hint: 'Name one with -i.' });
  const draft = new InventoryDraft();
  const reading = { draft, options, vault: createVaultOpener(options.vaultPassword, options.secrets) };
  const folders = new Set<string>();
  for (const source of sources) {
    if (isList(source, options.cwd)) readList(source, draft);
    else folders.add(await readSource(path.resolve(options.cwd, source), source, reading));
  }
  const sourceDir = [...folders][0];
  if (options.playbookDir !== undefined) {
    folders.delete(options.playbookDir);
    folders.add(options.playbookDir);
  }
  for (const folder of folders) {
    const given = {
      vault: reading.vault,
      secrets: options.secrets,
      trust: options.trust,
      shown: (file: string) => shownName(file, options.cwd),
      foundTwice: twiceIn(options),
    };
    readVarsFolder(path.join(folder, 'group_vars'), draft.groups, given);
    readVarsFolder(path.join(folder, 'host_vars'), draft.hosts, given);
  }
  if (draft.hosts.size === 0 && options.mayBeEmpty === true)
    options.warn?.(`the inventory holds no host: ${sources.join(', ')}`);
  else if (draft.hosts.size === 0) {
    throw new ConfigurationError(`the inventory holds no host: ${sources.join(', ')}`, {
      hint: 'A YAML inventory has them below "all: hosts:"; an INI inventory has one in each line.',
    });
  }
  return finishInventory(draft, {
    sources,
    dir: isList(first, options.cwd) ? options.cwd : sourceDir!,
    warn: options.warn,
  });
}

/** `host1,host2,`; a file whose name has a comma in it is a file. */
export function isList(source: string, cwd: string): boolean {
  return source.includes(',') && !existsSync(path.resolve(cwd, source));
}

function twiceIn({ warn }: InventoryOptions): (key: string, position: Position) => void {
  return (key, position) =>
    warn?.(`${formatPosition(position)}: the key "${key}" is given twice in one map; the last one counts`);
}

interface Reading {
  readonly draft: InventoryDraft;
  readonly options: InventoryOptions;
  readonly vault: VaultOpener;
}

function readList(source: string, draft: InventoryDraft): void {
  for (const entry of source.split(',').map((one) => one.trim())) {
    if (entry !== '') draft.addHosts(entry, 'ungrouped', undefined);
  }
}

/** Gives the folder where the source's group_vars and host_vars are. */
async function readSource(file: string, given: string, reading: Reading): Promise<string> {
  let isFolder: boolean;
  try {
    isFolder = statSync(file).isDirectory();
  } catch (error) {
    throw new UsageError(`the inventory ${given} cannot be read: ${messageOf(error)}`, {
      hint:
        given.includes('/') || given.includes('.')
          ? 'Check the path given with -i.'
          : `For a host without a file write "${given},".`,
    });
  }
  if (!isFolder) {
    await readSourceFile(file, reading);
    return path.dirname(file);
  }
  await readSourceFolder(file, reading);
  return file;
}

async function readSourceFolder(folder: string, reading: Reading): Promise<void> {
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name } of entries) {
    const file = path.join(folder, name);
    const problem = problemOf(file);
    if (problem !== undefined && !NO_SOURCE.test(name)) {
      reading.options.warn?.(
        `${shownName(file, reading.options.cwd)} cannot be read and is left out: ${problem}`,
      );
      continue;
    }
    const isFolder = problem === undefined && statSync(file).isDirectory();
    if (isFolder ? NO_SOURCE_FOLDERS.has(name) || name.startsWith('.') : NO_SOURCE.test(name)) continue;
    if (isFolder) await readSourceFolder(file, reading);
    else await readSourceFile(file, reading);
  }
}

/** Why a file of a folder cannot be read. */
function problemOf(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function readSourceFile(file: string, reading: Reading): Promise<void> {
  const { draft, options, vault } = reading;
  const isYaml = ['.yml', '.yaml', '.json'].includes(path.extname(file));
  options.trust?.note(file);
  if (!isYaml && isExecutable(file)) {
    if (options.readOnly === true) throw wantsConsent(shownName(file, options.cwd));
    options.trust?.demand();
    await readScriptSource(file, draft, { env: options.env ?? process.env, openVault: vault.openValue });
    return;
  }
  const shown = shownName(file, options.cwd);
  const { text } = vault.openFile(readFileSync(file, 'utf8'), shown);
  if (isYaml || (path.extname(file) === '' && looksLikeYaml(text)))
    readYamlSource(text, shown, draft, { vault, foundTwice: twiceIn(options) });
  else readIniSource(text, shown, draft);
}

function wantsConsent(program: string): UsageError {
  return new UsageError(`the plan names a program as its inventory: ${program}`, {
    hint: 'a plan alone runs no program here: if it is the right one, name the inventory again, with -i',
  });
}

function shownName(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') ? file : relative;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A file without an extension is YAML if its first line of text is "---" or a key alone. */
function looksLikeYaml(text: string): boolean {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line));
  return first !== undefined && /^(?:---.*|[\w.-]+:\s*(?:#.*)?)$/.test(first);
}
