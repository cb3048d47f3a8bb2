import wrapAnsi from 'wrap-ansi';
import { createLive, type Live } from './live.js';
import type { Palette } from './palette.js';
import { Text, type Part } from './text.js';

/**
 * What is done for a terminal only. A part of its own: measuring the width of text costs 25 ms before the first character, which
 * programs that read the output need not wait for.
 */
export interface Terminal {
  /** live lines for busy hosts below the scrollback */
  readonly live: Live | undefined;
  /** a text by words, in lines of at most this many columns */
  wrap(part: Part, columns: number): readonly Text[];
}

export function createTerminal(
  out: { write(text: string): unknown; readonly columns?: number | undefined },
  kind: 'live' | 'still',
  palette: Palette,
): Terminal {
  return {
    live: kind === 'live' ? createLive(out, palette) : undefined,
    wrap: (part, columns) =>
      Text.wrapped(part, (line) => wrapAnsi(line, columns, { hard: true, trim: false }).split('\n')),
  };
}
