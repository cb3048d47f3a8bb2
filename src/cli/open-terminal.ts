import { createPalette, type Palette } from '../reporters/palette.js';
import type { Terminal } from '../reporters/terminal.js';
import type { Io } from './io.js';

/** How a reporter writes to standard output: with colours and by words where that is a terminal. */
export async function openTerminal(
  io: Io,
  kind: 'live' | 'still',
): Promise<{ readonly palette: Palette; readonly terminal: Terminal | undefined }> {
  const palette = createPalette(io.stdout.isTTY === true, io.env);
  if (io.stdout.isTTY !== true) return { palette, terminal: undefined };
  const { createTerminal } = await import('../reporters/terminal.js');
  return { palette, terminal: createTerminal(io.stdout, kind, palette) };
}
