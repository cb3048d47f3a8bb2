import { execFile } from 'node:child_process';
import pLimit from 'p-limit';
import { ConfigurationError, messageOf, type Position } from '../errors.js';
import { parseForeignJson } from '../foreign-json.js';
import { fromJson } from '../template/from-json.js';
import type { DraftHost, InventoryDraft } from './draft.js';

export interface ScriptOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** seconds until a call is given up; default 60 */
  readonly timeout?: number;
  /** of values that are `{"__ansible_vault": …}`; left out: using one is an error */
  readonly openVault?: ((ciphertext: string, position: Position) => string) | undefined;
}

type Data = Readonly<Record<string, unknown>>;

const LARGEST_ANSWER = 64 * 1024 * 1024;

/**
 * Run an inventory script (`--list`, and `--host` for each host when it gives no `_meta.hostvars`) and read its JSON.
 * What it says is data: nothing in it is ever a template.
 * @throws ConfigurationError
 */
export async function readScriptSource(
  file: string,
  draft: InventoryDraft,
  options: ScriptOptions,
): Promise<void> {
  const position = { file, line: 1, col: 1 };
  const answer = readObject(await run(file, ['--list'], options), 'its answer to --list', position);
  const named = new Map<string, DraftHost>();
  const reading = { draft, named, position, openVault: options.openVault };
  for (const [name, group] of Object.entries(answer)) {
    if (name !== '_meta') readGroup(name, group, reading);
  }
  const meta = answer['_meta'];
  const hostvars = isObject(meta) && 'hostvars' in meta ? meta['hostvars'] : undefined;
  if (hostvars === undefined) await askEach(file, options, reading);
  else {
    for (const [name, vars] of Object.entries(asObject(hostvars, '_meta.hostvars', position))) {
      const host = named.get(name);
      if (host) setVars(host, asObject(vars, `the variables of ${name}`, position), reading);
    }
  }
}

interface Reading {
  readonly draft: InventoryDraft;
  readonly named: Map<string, DraftHost>;
  readonly position: Position;
  readonly openVault: ScriptOptions['openVault'];
}

/** A group is a list of hosts, or a map with hosts, children and vars. */
function readGroup(name: string, content: unknown, reading: Reading): void {
  const { draft, named, position, openVault } = reading;
  const group = draft.addGroup(name, position);
  const { hosts, children, vars, ...other } = Array.isArray(content)
    ? { hosts: content as unknown }
    : asObject(content, `the group ${name}`, position);
  const unknown = Object.keys(other)[0];
  if (unknown !== undefined) {
    throw wrong(`the group ${name} has the key "${unknown}"; a group has hosts, children and vars`, position);
  }
  for (const host of asNames(hosts, `the hosts of ${name}`, position))
    named.set(host, draft.addHost(host, name, position));
  for (const child of asNames(children, `the children of ${name}`, position))
    draft.addChild(name, child, position);
  for (const [key, value] of Object.entries(asObject(vars ?? {}, `the variables of ${name}`, position))) {
    draft.setGroupVar(group, key, fromJson(value, position, openVault), position);
  }
}

async function askEach(file: string, options: ScriptOptions, reading: Reading): Promise<void> {
  const { named, position } = reading;
  const limit = pLimit(8);
  const answers = await Promise.all(
    [...named.keys()].map((name) => limit(async () => run(file, ['--host', name], options))),
  );
  [...named.values()].forEach((host, index) => {
    const answer = answers[index]!;
    if (answer.trim() === '') return;
    setVars(host, readObject(answer, `its answer to --host ${host.name}`, position), reading);
  });
}

function setVars(host: DraftHost, vars: Data, { draft, position, openVault }: Reading): void {
  for (const [key, value] of Object.entries(vars))
    draft.setHostVar(host, key, fromJson(value, position, openVault), position);
}

function run(file: string, args: readonly string[], options: ScriptOptions): Promise<string> {
  const timeout = (options.timeout ?? 60) * 1000;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { env: { ...options.env }, timeout, maxBuffer: LARGEST_ANSWER, encoding: 'utf8' },
      (error, stdout, stderr) => {
        if (error) reject(failure(error, { file, args, stderr, timeout }));
        else resolve(stdout);
      },
    );
    child.stdin?.end();
  });
}

function failure(
  error: Error & { code?: unknown; signal?: unknown; killed?: boolean },
  call: { file: string; args: readonly string[]; stderr: string; timeout: number },
): ConfigurationError {
  const how =
    error.killed === true
      ? `did not answer within ${call.timeout / 1000} s`
      : typeof error.code === 'number'
        ? `ended with exit code ${error.code}`
        : `cannot be run (${String(error.code ?? error.signal)})`;
  const detail = call.stderr
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-10);
  return new ConfigurationError(`the inventory script ${how}`, {
    position: { file: call.file, line: 1, col: 1 },
    detail,
    hint: `Try it alone: ${call.file} ${call.args.join(' ')}. A file that is no script must not be executable (chmod -x).`,
    cause: error,
  });
}

function readObject(text: string, what: string, position: Position): Data {
  let value: unknown;
  try {
    value = parseForeignJson(text);
  } catch (error) {
    throw wrong(`${what} cannot be read as JSON (${messageOf(error)})`, position);
  }
  return asObject(value, what, position);
}

function asObject(value: unknown, what: string, position: Position): Data {
  if (isObject(value)) return value;
  throw wrong(`${what} is not a map`, position);
}

function asNames(value: unknown, what: string, position: Position): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw wrong(`${what} are not a list of names`, position);
}

function isObject(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(message: string, position: Position): ConfigurationError {
  return new ConfigurationError(`the inventory script: ${message}`, {
    position,
    hint: 'It must print {"group": {"hosts": [], "children": [], "vars": {}}, "_meta": {"hostvars": {}}}.',
  });
}
