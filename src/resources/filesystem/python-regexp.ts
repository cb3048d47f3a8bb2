import { TaskError } from '../../errors.js';
import {
  PatternError,
  compilePattern,
  expandTemplate,
  type PythonMatch,
} from '../../regexp/python-regexp.js';

/** A regular expression that is held against single lines. */
export interface LinePattern {
  /** @param line without its line end */
  test(line: string): boolean;
  /** The first match made into a text by a template of Python's. @throws TaskError for what is wrong with that */
  expand(line: string, template: string): string;
}

/**
 * A regular expression of a parameter, with Python's meaning. Ansible holds it against lines with their ends, so `\s` and `[^x]` may stand for
 * a line's end, too; `\Z` is where the line ends all the same.
 * @throws TaskError when it is none, or means something that cannot be said here
 */
export function parseRegExp(source: string, parameter: string): LinePattern {
  const pattern = told(parameter, () => compilePattern(source));
  const search = (line: string): PythonMatch | undefined =>
    pattern.search(line) ?? pattern.search(`${line}\n`);
  return {
    test: (line) => search(line) !== undefined,
    expand: (line, template) => told('line', () => expandTemplate(template, search(line)!)),
  };
}

function told<T>(parameter: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new TaskError(`${parameter}: ${error.message}`, {
      hint: "regular expressions are Python's, as in Ansible",
      cause: error,
    });
  }
}
