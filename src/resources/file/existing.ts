import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { attributeChanges, attributeQueries, attributeSteps } from '../filesystem/attributes.js';
import { pathOf, subjectOf, subjectQueries, type StateOfFile } from './params.js';

/** The attributes of what is there. */
export const existingFile: StateOfFile = {
  queries: (params) => [...subjectQueries(params), ...attributeQueries(params)],

  plan(params, answers) {
    const path = pathOf(params);
    const current = subjectOf(params, answers);
    if (!current.exists) {
      throw new MissingPrerequisiteError(`${path} does not exist`, {
        hint: 'write it with `copy` or `template`, or use state: touch, directory or link',
      });
    }
    if (params.state === 'file' && current.type === 'directory')
      throw new TaskError(`${path} is a folder, not a file`);
    if (current.type === 'link' && params.mode !== undefined) {
      throw new TaskError(`${path} is a link, which has no permissions of its own`, { hint: 'follow: true' });
    }
    const type = current.type === 'directory' ? 'directory' : 'file';
    return attributeChanges({ ...params, path, type }, current, answers);
  },

  apply: (params, changes) => attributeSteps(pathOf(params), changes, params.follow ? 'file' : 'link'),
};
