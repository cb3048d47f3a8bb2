import { TaskError, messageOf } from '../errors.js';
import type { JsonSchema } from '../schema.js';

export const patternSchema: JsonSchema = { type: 'string', minLength: 1 };

/**
 * A regular expression of the user: JavaScript's, `^` and `$` at every line.
 * @throws TaskError when it is none
 */
export function toPattern(source: string): RegExp {
  try {
    return new RegExp(source, 'm');
  } catch (error) {
    throw new TaskError(`/${source}/ is not a regular expression: ${messageOf(error)}`, {
      hint: 'it is written in JavaScript, without slashes around it',
      cause: error,
    });
  }
}
