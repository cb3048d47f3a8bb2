import type { Position } from '../errors.js';
import { jinjaIn } from '../template/jinja.js';
import { Template, type Loaded, type Sourced } from '../template/template.js';
import type { Inventory } from './model.js';

/** A text with Jinja that nothing would expand. */
export interface JinjaPlace {
  /** the variable, and the way to the text in it: `mysql_users[0].password` */
  readonly name: string;
  readonly text: Template;
  readonly position: Position;
}

/** All texts with Jinja in the variables of an inventory, at any depth, each once. Those with `!unsafe` are meant as they are. */
export function findJinjaInInventory(inventory: Inventory): (JinjaPlace & { readonly owner: string })[] {
  const seen = new Set<Template>();
  return [...inventory.groups.values(), ...inventory.hosts.values()].flatMap(({ name, vars }) =>
    findJinjaInVariables(vars)
      .filter(({ text }) => !seen.has(text) && seen.add(text))
      .map((place) => ({ ...place, owner: name })),
  );
}

export function findJinjaInVariables(vars: ReadonlyMap<string, Sourced>): JinjaPlace[] {
  return [...vars].flatMap(([name, { value }]) => [...findIn(value, name)]);
}

function* findIn(value: Loaded, name: string): Generator<JinjaPlace> {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Template) {
    const offset = jinjaIn(value);
    if (offset !== undefined) yield { name, text: value, position: value.positionAt(offset) };
  } else if (Array.isArray(value))
    for (const [index, one] of value.entries()) yield* findIn(one as Loaded, `${name}[${index}]`);
  else for (const [key, one] of Object.entries(value)) yield* findIn(one as Loaded, `${name}.${key}`);
}
