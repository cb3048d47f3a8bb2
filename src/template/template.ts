import type { Position } from '../errors.js';

/**
 * A string that the user wrote in YAML and that holds `<%`. Only these and template files are ever compiled; every other
 * string (facts, registered output, script inventories, `-e key=value`) is data. `position` is where the text starts.
 */
export class Template {
  readonly source: string;
  readonly position: Position;

  constructor(source: string, position: Position) {
    this.source = source;
    this.position = position;
  }
}

/** What a YAML file of the user holds after loading: JSON values with Templates among the leaves. */
export type Loaded = string | number | boolean | null | Template | readonly Loaded[] | { readonly [key: string]: Loaded };
