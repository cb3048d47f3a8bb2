import { stripVTControlCharacters } from 'node:util';
import { eastAsianWidth } from 'get-east-asian-width';
import { escapeControl } from '../errors.js';

/** What a line is made of. A string is a field, whoever it came from: what could drive a terminal in it, and its line breaks, is made visible. */
export type Part = string | number | Text;

/**
 * A piece of a line as a terminal may be given it: printable characters, and the codes of the palette. Only this file makes one, so there is no
 * other way to a terminal or a log (writer.ts) for anything else.
 */
export class Text {
  readonly #rendered: string;

  private constructor(rendered: string) {
    this.#rendered = rendered;
  }

  static of(part: Part): Text {
    return part instanceof Text ? part : new Text(escapeControl(String(part)));
  }

  static joined(parts: readonly Part[], between = ''): Text {
    return new Text(parts.map(render).join(render(between)));
  }

  /** With a colour of the palette around it. */
  static painted(paint: (text: string) => string, part: Part): Text {
    return new Text(paint(render(part)));
  }

  /** In several lines, by something that neither takes a code apart nor adds a character but blanks. */
  static wrapped(part: Part, wrap: (text: string) => readonly string[]): Text[] {
    return wrap(render(part)).map((line) => new Text(line));
  }

  /** Shorter, by the same. */
  static cut(part: Part, shorten: (text: string) => string): Text {
    return new Text(shorten(render(part)));
  }

  trim(): Text {
    return new Text(this.#rendered.trim());
  }

  trimEnd(): Text {
    return new Text(this.#rendered.trimEnd());
  }

  /** In columns of a terminal. */
  get width(): number {
    // The pattern of all control sequences takes longer than a text without any.
    const shown = this.#rendered.includes('\u001b')
      ? stripVTControlCharacters(this.#rendered)
      : this.#rendered;
    if (!/[^ -~]/.test(shown)) return shown.length;
    return [...shown].reduce((sum, character) => sum + eastAsianWidth(character.codePointAt(0)!), 0);
  }

  /** For the writer, and for comparing what is shown. */
  toString(): string {
    return this.#rendered;
  }
}

/** A line of literal text and parts: text`${palette.red('FAILED')}  ${host}`. */
export function text(literals: TemplateStringsArray, ...parts: readonly Part[]): Text {
  const pieces = literals.flatMap((literal, index): Part[] => {
    const part = parts[index];
    return part === undefined ? [literal] : [literal, part];
  });
  return Text.joined(pieces);
}

function render(part: Part): string {
  return Text.of(part).toString();
}

/** With blanks at its end up to so many columns. */
export function padded(part: Part, width: number): Text {
  const own = Text.of(part);
  return text`${own}${' '.repeat(Math.max(0, width - own.width))}`;
}
