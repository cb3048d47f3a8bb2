import { TaskError } from '../../errors.js';
import { splitWords } from '../split-words.js';

/** A command line as a list. @throws TaskError when it cannot be split */
export function toWords(line: string, parameter: string): string[] {
  try {
    return splitWords(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TaskError(`${parameter} cannot be split into words: ${error.message}: ${line}`, {
      hint:
        parameter === 'command' ? 'quote as in sh, or give the words as a list with argv' : 'quote as in sh',
      cause: error,
    });
  }
}
