import { ConfigurationError, type Position } from '../errors.js';
import { didYouMean } from '../schema.js';
import { findJinja } from '../template/jinja.js';
import { JinjaText, Template, type Loaded } from '../template/template.js';
import type { InventoryDraft } from './draft.js';
import { parseIniValue } from './ini-value.js';
import { splitWords, type Word } from './words.js';

const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/;
const KINDS = ['hosts', 'children', 'vars'];

/** A group that was named before it was declared: `[x:vars]`, or a line of `[y:children]`. */
interface Awaited {
  readonly name: string;
  readonly position: Position;
  readonly by: string;
  /** the group to put it below when it is declared: children stand in the order in which Ansible has them */
  readonly parent: string | undefined;
}

/** Read an inventory in Ansible's INI layout. @throws ConfigurationError */
export function readIniSource(text: string, file: string, draft: InventoryDraft): void {
  const reading = { draft, declared: new Set([...draft.groups.keys()]), awaited: [] as Awaited[] };
  let section = { group: 'ungrouped', kind: 'hosts' };
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    const position = { file, line: index + 1, col: raw.length - raw.trimStart().length + 1 };
    if (
      line.startsWith('[') &&
      (SECTION.test(line) || /\]\s*(?:#.*)?$/.test(line)) &&
      !/^\[[^\]]*:[^\]]*:|^\[\d*:/.test(line)
    ) {
      section = readSection(line, position, reading);
    } else if (section.kind === 'hosts') readHost(raw, position, section.group, draft);
    else if (section.kind === 'vars') readVariable(raw, position, section.group, draft);
    else readChild(line, position, section.group, reading);
  });
  for (const { name, position, by } of reading.awaited) {
    if (reading.declared.has(name)) continue;
    throw new ConfigurationError(
      `${by} names the group "${name}", which is declared nowhere${didYouMean(name, reading.declared)}`,
      {
        position,
        hint: `Add a section [${name}] with its hosts, or correct the name.`,
      },
    );
  }
}

interface Reading {
  readonly draft: InventoryDraft;
  readonly declared: Set<string>;
  readonly awaited: Awaited[];
}

function readSection(line: string, position: Position, reading: Reading): { group: string; kind: string } {
  const match = SECTION.exec(line);
  if (!match) {
    throw new ConfigurationError(`"${line}" is no section`, {
      position,
      hint: 'Sections are [group], [group:children] and [group:vars], without blanks.',
    });
  }
  const [, group, kind = 'hosts'] = match as unknown as [string, string, string | undefined];
  if (!KINDS.includes(kind)) {
    throw new ConfigurationError(
      `[${group}:${kind}]: unknown kind of section "${kind}"${didYouMean(kind, KINDS)}`,
      {
        position,
        hint: 'Sections are [group], [group:children] and [group:vars].',
      },
    );
  }
  reading.draft.addGroup(group, position);
  if (kind === 'vars')
    reading.awaited.push({ name: group, position, by: `[${group}:vars]`, parent: undefined });
  else if (!reading.declared.has(group)) {
    reading.declared.add(group);
    for (const { name, parent, position: at } of reading.awaited) {
      if (name === group && parent !== undefined) reading.draft.addChild(parent, group, at);
    }
  }
  return { group, kind };
}

function readHost(raw: string, position: Position, group: string, draft: InventoryDraft): void {
  const [entry, ...assignments] = words(raw, position);
  if (!entry) return;
  const hosts = draft.addHosts(entry.text, group, { ...position, col: entry.col });
  for (const word of assignments) {
    const equals = word.text.indexOf('=');
    const at = { ...position, col: word.col };
    if (equals < 1) {
      throw new ConfigurationError(`"${word.text}" stands where key=value is expected`, {
        position: at,
        hint: 'One host a line; a value with blanks needs quotes: key="a b".',
      });
    }
    const name = word.text.slice(0, equals);
    const value = toLoaded(word.text.slice(equals + 1), { ...at, col: at.col + equals + 1 });
    for (const host of hosts) draft.setHostVar(host, name, value, at);
  }
}

function words(raw: string, position: Position): Word[] {
  const split = splitWords(raw);
  if ('open' in split) {
    throw new ConfigurationError(`a quote (${split.quote}) is never closed`, {
      position: { ...position, col: split.open },
    });
  }
  return split.words;
}

function readVariable(raw: string, position: Position, group: string, draft: InventoryDraft): void {
  const equals = raw.indexOf('=');
  if (equals === -1) {
    throw new ConfigurationError(`"${raw.trim()}" stands where key=value is expected`, { position });
  }
  const text = raw.slice(equals + 1);
  const col = equals + 2 + (text.length - text.trimStart().length);
  const value = toLoaded(text.trim(), { ...position, col });
  draft.setGroupVar(draft.addGroup(group, position), raw.slice(0, equals).trim(), value, position);
}

function readChild(line: string, position: Position, group: string, reading: Reading): void {
  const name = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line)?.[1];
  if (name === undefined) {
    throw new ConfigurationError(`"${line}" stands where the name of a group is expected`, { position });
  }
  reading.awaited.push({ name, position, by: `[${group}:children]`, parent: group });
  if (reading.draft.groups.has(name)) reading.draft.addChild(group, name, position);
}

/** The user wrote it: a string with `<%` is a template. */
function toLoaded(text: string, position: Position): Loaded {
  return toTemplates(parseIniValue(text), position);
}

function toTemplates(value: Loaded, position: Position): Loaded {
  if (typeof value === 'string') {
    if (value.includes('<%')) return new Template(value, position);
    return findJinja(value) === undefined ? value : new JinjaText(value, position);
  }
  if (typeof value !== 'object' || value === null || value instanceof Template) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item: Loaded) => toTemplates(item, position)));
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toTemplates(inner, position)])),
  );
}
