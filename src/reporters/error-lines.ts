import { formatPosition, type ProvisionError } from '../errors.js';
import type { Palette } from './palette.js';
import { text, type Text } from './text.js';

/** The lines of an error by what they are: those of a program are shown as they are. */
export interface ErrorText {
  readonly what: readonly Text[];
  readonly said: readonly Text[];
  readonly hint: readonly Text[];
}

/**
 * An error as lines: where, what, why, what to try.
 *
 *     error: roles/nginx/tasks/main.yml:12:5: unknown key "nmae" (did you mean "name"?)
 *       | last lines of a program
 *       try: …
 */
export function errorLines(error: ProvisionError, palette: Palette): Text[] {
  const { what, said, hint } = errorText(error, palette);
  return [...what, ...said, ...hint];
}

export function errorText(error: ProvisionError, palette: Palette): ErrorText {
  const where = palette.bold(error.position ? `${formatPosition(error.position)}: ` : '');
  // Behind a margin: what a message quotes must not look like a line of the report.
  const [first = '', ...more] = error.message.split('\n');
  return {
    what: [text`${where}${first}`, ...more.map((line) => text`    ${line}`)],
    said: error.detail
      .flatMap((lines) => lines.split('\n'))
      .map((line) => text`  ${palette.dim('|')} ${line}`),
    hint: error.hint === undefined ? [] : [text`  ${palette.cyan('try:')} ${error.hint}`],
  };
}
