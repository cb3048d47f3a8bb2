import { readFileSync } from 'node:fs';
import { compilePattern } from '../regexp/python-regexp.js';
import picomatch from 'picomatch';
import { UsageError, messageOf } from '../errors.js';
import { didYouMean } from '../schema.js';
import { membersOf } from './members.js';
import { isIPv6 } from './ipv6.js';
import type { Inventory } from './model.js';

export interface PatternOptions {
  /** reads the file of `@file`; left out: from the disk */
  readonly readFile?: (file: string) => string;
}

/** Names that stand for the controller even when the inventory does not have them. */
const CONTROLLER: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * The hosts that a pattern names, in the order of the inventory. Parts are parted by `,` or `:`: a host, a group, a glob
 * (`web*`), a regular expression (`~web\d`), each perhaps with a subscript (`web[0]`, `web[1:3]`, last included);
 * `&part` keeps only what it names too, `!part` takes out, `@file` stands for a part a line. As in Ansible all `&` are
 * done after the other parts, and all `!` at the end.
 * @throws UsageError for a name that the inventory does not have
 */
export function matchHosts(pattern: string, inventory: Inventory, options: PatternOptions = {}): string[] {
  const parts = splitPattern(pattern, inventory).flatMap((part) => expandFile(part, inventory, options));
  if (parts.length === 0) throw new UsageError(`the host pattern "${pattern}" is empty`);
  const plain = parts.filter((part) => !/^[!&]/.test(part));
  const chosen = new Set(
    (plain.length === 0 ? ['all'] : plain).flatMap((part) => matchPart(part, inventory)),
  );
  for (const part of parts.filter((one) => one.startsWith('&'))) {
    const kept = new Set(matchPart(part.slice(1), inventory));
    for (const host of chosen) if (!kept.has(host)) chosen.delete(host);
  }
  for (const part of parts.filter((one) => one.startsWith('!'))) {
    for (const host of matchPart(part.slice(1), inventory)) chosen.delete(host);
  }
  const known = [...inventory.hosts.keys()].filter((host) => chosen.has(host));
  return [...known, ...[...chosen].filter((host) => !inventory.hosts.has(host))];
}

function splitPattern(pattern: string, inventory: Inventory): string[] {
  return pattern
    .split(splitsAtCommas(pattern) ? ',' : /(?!)/)
    .map((part) => part.trim())
    .flatMap((part) => splitAtColons(part, inventory))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A comma within the braces of a regular expression (`~web{1,2}`) parts nothing. */
function splitsAtCommas(pattern: string): boolean {
  return !(pattern.startsWith('~') && /\{\d*,\d*\}/.test(pattern));
}

function splitAtColons(part: string, inventory: Inventory): string[] {
  const bare = part.replace(/^[!&]/, '');
  if (inventory.hosts.has(bare) || isIPv6(bare) || bare.startsWith('@')) return [part];
  return part.match(/(?:[^:[\]]|\[[^\]]*\])+/g) ?? [part];
}

function expandFile(part: string, inventory: Inventory, options: PatternOptions): string[] {
  const [, sign = '', file] = /^([!&]?)@(.*)$/.exec(part) ?? [];
  if (file === undefined) return [part];
  const read = options.readFile ?? ((name: string) => readFileSync(name, 'utf8'));
  let text: string;
  try {
    text = read(file);
  } catch (error) {
    throw new UsageError(`the hosts in @${file} cannot be read: ${messageOf(error)}`);
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  return lines.flatMap((line) => splitPattern(line, inventory)).map((one) => sign + one);
}

function matchPart(part: string, inventory: Inventory): string[] {
  if (inventory.hosts.has(part)) return [part];
  const { name, subscript } = readSubscript(part);
  const hosts = matchName(name, inventory);
  return subscript ? subscript(hosts, part) : hosts;
}

type Subscript = (hosts: readonly string[], part: string) => string[];

/** The brackets at the end are a subscript when they hold numbers; else they belong to a glob (`web[ab]`). */
function readSubscript(part: string): { name: string; subscript: Subscript | undefined } {
  const match = part.startsWith('~') ? null : /^(.+)\[(?:(-?\d+)|(\d*):(\d*))\]$/.exec(part);
  if (!match) return { name: part, subscript: undefined };
  const [, name, index, first, last] = match;
  if (index === undefined) {
    const end = last === '' ? undefined : Number(last) + 1;
    return { name: name!, subscript: (hosts) => hosts.slice(Number(first), end) };
  }
  return {
    name: name!,
    subscript: (hosts, whole) => {
      const host = hosts.at(Number(index));
      if (host !== undefined) return [host];
      throw new UsageError(
        `no host matches "${whole}": "${name!}" has ${hosts.length} hosts, counted from 0`,
      );
    },
  };
}

function matchName(name: string, inventory: Inventory): string[] {
  if (name === 'all' || name === '*') return [...inventory.hosts.keys()];
  if (inventory.groups.has(name)) return membersOf(inventory, name);
  const test = tester(name);
  if (!test) {
    if (CONTROLLER.has(name)) return [name];
    throw unknown(name, inventory);
  }
  const groups = [...inventory.groups.keys()].filter(
    (group) => group !== 'all' && group !== 'ungrouped' && test(group),
  );
  const hosts = [...inventory.hosts.keys()].filter(test);
  const found = new Set([...groups.flatMap((group) => membersOf(inventory, group)), ...hosts]);
  if (found.size === 0 && groups.length === 0) throw unknown(name, inventory);
  return [...found];
}

/** Tests names against a glob or a regular expression, which begins to match at the start of the name as in Ansible. */
function tester(name: string): ((candidate: string) => boolean) | undefined {
  if (name.startsWith('~')) {
    try {
      const pattern = compilePattern(name.slice(1));
      return (candidate) => pattern.matchesStart(candidate);
    } catch (error) {
      throw new UsageError(`"${name}" holds no valid regular expression: ${messageOf(error)}`);
    }
  }
  if (!/[*?[]/.test(name)) return undefined;
  // Names are no paths: a star also stands for "/" and for a dot at the start.
  const matches = picomatch(name, { bash: true, dot: true, nobrace: true, noextglob: true, nonegate: true });
  return (candidate) => matches(candidate);
}

function unknown(name: string, inventory: Inventory): UsageError {
  const known = [...inventory.groups.keys(), ...inventory.hosts.keys()];
  return new UsageError(`no host or group matches "${name}"${didYouMean(name, known)}`, {
    hint: 'provision inventory --graph shows all of them.',
  });
}
