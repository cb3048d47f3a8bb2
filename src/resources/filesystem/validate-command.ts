import { TaskError, messageOf } from '../../errors.js';
import type { JsonSchema } from '../../schema.js';
import { splitWords } from '../split-words.js';

export const validateSchema: JsonSchema = {
  type: 'string',
  pattern: '%s',
  description:
    'a command that must succeed before the file is put in place; `%s` is the new file. No shell reads it',
};

/** The words of a `validate` parameter. @throws TaskError when a quote is not closed */
export function validateWords(command: string): string[] {
  try {
    return splitWords(command);
  } catch (error) {
    throw new TaskError(`validate: ${messageOf(error)}`, { detail: [command], cause: error });
  }
}
