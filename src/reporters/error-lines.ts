import { formatPosition, type ProvisionError } from '../errors.js';
import type { Palette } from './palette.js';

/**
 * An error as lines: where, what, why, what to try.
 *
 *     error: roles/nginx/tasks/main.yml:12:5: unknown key "nmae" (did you mean "name"?)
 *       | last lines of a program
 *       try: …
 */
export function errorLines(error: ProvisionError, palette: Palette): string[] {
  const where = error.position ? `${formatPosition(error.position)}: ` : '';
  const lines = `${palette.bold(where)}${error.message}`.split('\n');
  for (const line of error.detail) lines.push(`  ${palette.dim('|')} ${line}`);
  if (error.hint !== undefined) lines.push(`  ${palette.cyan('try:')} ${error.hint}`);
  return lines;
}
