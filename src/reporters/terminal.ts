import wrapAnsi from 'wrap-ansi';
import { createLive, type Live } from './live.js';
import type { Palette } from './palette.js';

/**
 * What is done for a terminal only. A part of its own: measuring the width of text costs 25 ms before the first character, which
 * programs that read the output need not wait for.
 */
export interface Terminal {
  /** live lines for busy hosts below the scrollback */
  readonly live: Live | undefined;
  /** a text by words, in lines of at most this many columns */
  wrap(text: string, columns: number): readonly string[];
}

export function createTerminal(
  out: { write(text: string): unknown; readonly columns?: number | undefined },
  kind: 'live' | 'still',
  palette: Palette,
): Terminal {
  return {
    live: kind === 'live' ? createLive(out, palette) : undefined,
    wrap: (text, columns) => wrapAnsi(text, columns, { hard: true, trim: false }).split('\n'),
  };
}
