import { Template, Vaulted, type Loaded } from '../template/template.js';
import { membersOf } from './members.js';
import type { Group, Inventory, Sourced } from './model.js';
import { hostVariables } from './variables.js';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What `ansible-inventory --list` prints: groups, and under `_meta` each host's variables, all merged, nothing rendered. */
export function listInventory(inventory: Inventory): string {
  const listing: Record<string, Json> = {};
  const seen = new Set<string>();
  const add = (group: Group): void => {
    seen.add(group.name);
    const entry: Record<string, Json> = {};
    if (group.children.length > 0) entry['children'] = [...group.children];
    if (group.name !== 'all' && group.hosts.length > 0) entry['hosts'] = [...group.hosts];
    if (Object.keys(entry).length > 0) listing[group.name] = entry;
    for (const child of group.children) if (!seen.has(child)) add(inventory.groups.get(child)!);
  };
  add(inventory.groups.get('all')!);
  const hostvars: Record<string, Json> = {};
  for (const host of membersOf(inventory, 'all')) {
    const vars = hostVariables(inventory, host);
    if (vars.size > 0) hostvars[host] = toMap(vars);
  }
  listing['_meta'] = { hostvars };
  return print(listing);
}

/** What `ansible-inventory --host NAME` prints: the host's variables. */
export function listHost(inventory: Inventory, hostName: string): string {
  return print(toMap(hostVariables(inventory, hostName)));
}

/** The lines that `ansible-inventory --graph GROUP` prints: the tree of groups and hosts, with `vars` their variables too. */
export function graphInventory(
  inventory: Inventory,
  options: { readonly group?: string; readonly vars?: boolean } = {},
): string[] {
  const lines: string[] = [];
  const show = (text: string, depth: number): unknown =>
    lines.push(depth === 0 ? text : `${'  |'.repeat(depth)}--${text}`);
  const showVars = (vars: ReadonlyMap<string, Sourced>, depth: number): void => {
    if (options.vars !== true) return;
    for (const [name, { value }] of [...vars].sort(([a], [b]) => compare(a, b)))
      show(`{${name} = ${toPython(value)}}`, depth);
  };
  const walk = (name: string, depth: number): void => {
    const group = inventory.groups.get(name)!;
    show(`@${name}:`, depth);
    for (const child of group.children) walk(child, depth + 1);
    if (name !== 'all') {
      for (const host of group.hosts) {
        show(host, depth + 1);
        showVars(hostVariables(inventory, host), depth + 2);
      }
    }
    showVars(withPriority(group), depth + 1);
  };
  walk(options.group ?? 'all', 0);
  return lines;
}

function withPriority(group: Group): ReadonlyMap<string, Sourced> {
  if (group.priority === 1) return group.vars;
  return new Map([...group.vars, ['ansible_group_priority', { value: group.priority, position: undefined }]]);
}

function toMap(vars: ReadonlyMap<string, Sourced>): Record<string, Json> {
  return Object.fromEntries([...vars].map(([name, { value }]) => [name, toJson(value)]));
}

/** A template as it is written; a vault's value still locked, in the form that Ansible gives it. */
function toJson(value: Loaded): Json {
  if (value instanceof Vaulted) return { __ansible_vault: value.source };
  if (value instanceof Template) return value.source;
  if (Array.isArray(value)) return value.map((item: Loaded) => toJson(item));
  if (typeof value !== 'object' || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner as Loaded)]));
}

/** As Python's json.dumps prints it with sorted keys and an indentation of 4. */
function print(value: Json, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}    `;
  const items = Array.isArray(value)
    ? value.map((item) => print(item, inner))
    : Object.keys(value)
        .sort(compare)
        .map((key) => `${JSON.stringify(key)}: ${print(value[key]!, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (items.length === 0) return `${open}${close}`;
  return `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
}

/** By code points, as Python sorts. */
function compare(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const difference = left[index]!.codePointAt(0)! - right[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** A value as Python's str() shows it, which is what the graph prints. */
function toPython(value: Loaded): string {
  const json = toJson(value);
  return typeof json === 'string' ? json : repr(json);
}

function repr(value: Json): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoteLikePython(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${repr(key)}: ${repr(inner)}`)
    .join(', ')}}`;
}

function quoteLikePython(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r')
    .replaceAll(quote, `\\${quote}`);
  return `${quote}${escaped}${quote}`;
}
