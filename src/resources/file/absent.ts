import { TaskError } from '../../errors.js';
import { pathOf, type StateOfFile } from './params.js';

/** Nothing at the path. A link is removed, not what it points to. */
export const absent: StateOfFile = {
  queries: (params) => [{ kind: 'file', path: pathOf(params) }],

  plan(params, answers) {
    const path = pathOf(params);
    if (/^\/[/.]*$/.test(path)) throw new TaskError(`refusing to remove ${path}`);
    const current = answers.get<'file'>({ kind: 'file', path });
    return current.exists ? [{ subject: path, field: 'state', before: current.type, after: null }] : [];
  },

  apply: (params) => [{ kind: 'remove', path: pathOf(params), what: 'tree' }],
};
