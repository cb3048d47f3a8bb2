import picocolors from 'picocolors';
import { Text, type Part } from './text.js';

const NAMES = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan', 'magenta'] as const;

export type Palette = Readonly<Record<(typeof NAMES)[number], (part: Part) => Text>>;

/** Colours on a terminal unless NO_COLOR is set (https://no-color.org); FORCE_COLOR asks for them elsewhere. */
export function createPalette(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Palette {
  const wanted = env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : isTerminal;
  const colours = picocolors.createColors(wanted && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
  const entries = NAMES.map((name) => [name, (part: Part) => Text.painted(colours[name], part)] as const);
  return Object.fromEntries(entries) as Palette;
}
