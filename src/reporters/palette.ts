import picocolors from 'picocolors';

export type Palette = Pick<
  ReturnType<typeof picocolors.createColors>,
  'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta'
>;

/** Colours on a terminal unless NO_COLOR is set (https://no-color.org); FORCE_COLOR asks for them elsewhere. */
export function createPalette(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Palette {
  const wanted = env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : isTerminal;
  return picocolors.createColors(wanted && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
}
