import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError, messageOf } from '../errors.js';
import { findJinjaInVariables } from '../inventory/find-jinja.js';
import { fromJson } from '../template/from-json.js';
import { JinjaText, Template, type Loaded, type Sourced } from '../template/template.js';
import { loadYaml } from '../template/yaml.js';
import { checkVariableName } from '../variables/reserved.js';
import type { Secrets } from '../variables/secrets.js';
import { addSecrets, type VaultOpener } from '../variables/vault-opener.js';

/**
 * The variables of -e: `key=value key2='two words'`, a JSON object, or `@file` (YAML or JSON). Only a file's strings can
 * be templates; what stands on the command line is data.
 */
export async function readExtraVars(
  given: readonly string[],
  reading: Reading,
): Promise<Map<string, Sourced>> {
  const vars = new Map<string, Sourced>();
  for (const one of given) {
    for (const [name, value] of await readOne(one, reading)) {
      checkVariableName(name, value.position);
      noteNamed(name, value.value, reading.secrets);
      refuseJinja(name, value);
      vars.set(name, value);
    }
  }
  return vars;
}

/** Ansible would expand it, and it means nothing as it stands. */
function refuseJinja(name: string, sourced: Sourced): void {
  const [first] = findJinjaInVariables(new Map([[name, sourced]]));
  if (!first) return;
  const inFile = sourced.position !== undefined;
  throw new UsageError(`-e: "${first.name}" holds Jinja, which is not expanded here`, {
    position: inFile ? first.position : undefined,
    hint: inFile
      ? 'Write <%= name %> for {{ name }}, or tag a text that is meant as it is with !unsafe.'
      : `give the value itself; a text that is meant as it is: -e '{"${name}": {"__ansible_unsafe": "…"}}', or -e @FILE with !unsafe`,
  });
}

/** Shown nowhere. */
const COMMAND_LINE = { file: '-e', line: 1, col: 1 };

/**
 * Who names a variable, or a key in one, like this on a command line means a secret: it is shown nowhere, and kept in no plan and no
 * journal. So is all that is below it.
 */
const SECRET_NAME =
  /(^|_)(pw|pwd|pass|password|passwd|passphrase|secret|token|api_?key|private_?key)s?(_|$)/i;

function noteNamed(name: string, value: Loaded, secrets: Secrets): void {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[-.]/g, '_');
  if (SECRET_NAME.test(words)) noteAll(value, secrets);
  else if (Array.isArray(value)) for (const one of value) noteNamed('', one as Loaded, secrets);
  else if (typeof value === 'object' && value !== null && !(value instanceof Template))
    for (const [key, one] of Object.entries(value)) noteNamed(key, one as Loaded, secrets);
}

function noteAll(value: Loaded, secrets: Secrets): void {
  if (typeof value === 'string' || typeof value === 'number') secrets.add(String(value));
  else if (value instanceof JinjaText) secrets.add(value.source);
  else if (typeof value === 'object' && value !== null && !(value instanceof Template))
    for (const one of Object.values(value)) noteAll(one as Loaded, secrets);
}

export interface Reading {
  readonly cwd: string;
  readonly vault: VaultOpener;
  readonly secrets: Secrets;
}

async function readOne(text: string, reading: Reading): Promise<[string, Sourced][]> {
  if (text.startsWith('@')) return readVarsFile(text, reading);
  if (text.trimStart().startsWith('{')) {
    try {
      return toEntries(JSON.parse(text) as Record<string, unknown>);
    } catch (error) {
      // What was given may hold a secret.
      throw new UsageError(`-e is not valid JSON: ${messageOf(error)}`, {
        hint: `quote it for the shell as a whole: -e '{"app_version": "1.4.0"}'`,
      });
    }
  }
  return toEntries(Object.fromEntries(splitPairs(text)));
}

async function readVarsFile(given: string, reading: Reading): Promise<[string, Sourced][]> {
  const name = given.slice(1);
  let text: string;
  try {
    text = await readFile(resolve(reading.cwd, name), 'utf8');
  } catch (error) {
    throw new UsageError(`-e ${given}: cannot be read: ${messageOf(error)}`);
  }
  const opened = reading.vault.openFile(text, name);
  const document = loadYaml(opened.text, name, {
    openVault: reading.vault.openValue,
    foundVault: reading.vault.foundVault,
  });
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Template) {
    throw new UsageError(`-e ${given}: must hold a mapping of names to values`, {
      position: document.at([]),
    });
  }
  if (opened.secret) addSecrets(value, reading.secrets);
  return Object.entries(value as Record<string, Loaded>).map(([name, one]) => [
    name,
    { value: one, position: document.at([name]) },
  ]);
}

function toEntries(vars: Readonly<Record<string, unknown>>): [string, Sourced][] {
  return Object.entries(vars).map(([name, value]) => [
    name,
    { value: fromJson(value, COMMAND_LINE), position: undefined },
  ]);
}

/** `a=1 b='two words'`, quoted as in sh. */
function splitPairs(text: string): [string, string][] {
  const words = text.match(/(?:[^\s'"]|'[^']*'|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return words.map((word, index) => {
    const at = word.indexOf('=');
    if (at < 1)
      throw new UsageError(
        `-e takes key=value, JSON or @file, not ${words.length === 1 ? `"${word}"` : `word ${index + 1} of this one`}`,
        {
          hint: 'for example -e app_version=1.4.0',
        },
      );
    return [word.slice(0, at), unquote(word.slice(at + 1))];
  });
}

function unquote(text: string): string {
  return text.replace(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"/g,
    (_all, single?: string, double?: string) => single ?? (double ?? '').replace(/\\(.)/g, '$1'),
  );
}
