import { TaskError } from '../errors.js';
import { PatternError, compilePattern, type PythonPattern } from '../regexp/python-regexp.js';
import type { JsonSchema } from '../schema.js';

export const patternSchema: JsonSchema = { type: 'string', minLength: 1 };

/**
 * A regular expression of the user: Python's, as in modules, with `^` and `$` at every line.
 * @throws TaskError when it is none
 */
export function toPattern(source: string): PythonPattern {
  try {
    return compilePattern(source, { multiline: true });
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new TaskError(`/${source}/ is not a regular expression: ${error.message}`, {
      hint: "it is one of Python's, without slashes around it",
      cause: error,
    });
  }
}
