import type { Position } from '../errors.js';

/**
 * A string that the user wrote in YAML and that holds `<%`. Only these and template files are ever compiled; every other
 * string (facts, registered output, script inventories, `-e key=value`) is data. `position` is where the text starts.
 */
export class Template {
  readonly source: string;
  readonly position: Position;
  readonly #place: ((offset: number) => Position) | undefined;

  /** `place` maps an offset in `source` to the file; without it the text is taken to stand in the file as it is. */
  constructor(source: string, position: Position, place?: (offset: number) => Position) {
    this.source = source;
    this.position = position;
    this.#place = place;
  }

  /** Where in the file the character at `offset` of the source was written. */
  positionAt(offset: number): Position {
    return this.#place ? this.#place(offset) : advance(this.position, this.source.slice(0, offset));
  }
}

/**
 * A `!vault` value: rendered to its plain text, which is data and never compiled. It is opened at its first use, because
 * deriving its key takes a while; whoever loads the file says how (see variables/vault.ts).
 */
export class Vaulted extends Template {
  readonly #open: (() => string) | undefined;

  constructor(ciphertext: string, position: Position, open?: () => string) {
    super(ciphertext, position);
    this.#open = open;
  }

  get openable(): boolean {
    return this.#open !== undefined;
  }

  /** The plain text, or undefined when no password is at hand. */
  open(): string | undefined {
    return this.#open?.();
  }
}

/**
 * A text with Jinja in it and without `!unsafe`, in a file that Ansible would expand it in. It is expanded nowhere here and means nothing
 * as it stands: rendering it is an error, and only listings show it.
 */
export class JinjaText extends Template {}

/** What a YAML file of the user holds after loading: JSON values with Templates among the leaves. */
export type Loaded =
  string | number | boolean | null | Template | readonly Loaded[] | { readonly [key: string]: Loaded };

/** A value and where it was written. */
export interface Sourced {
  readonly value: Loaded;
  readonly position: Position | undefined;
}

/** The position behind `text` when `text` starts at `start`. */
export function advance(start: Position, text: string): Position {
  const lastBreak = text.lastIndexOf('\n');
  if (lastBreak === -1) return { ...start, col: start.col + text.length };
  return { file: start.file, line: start.line + text.split('\n').length - 1, col: text.length - lastBreak };
}
