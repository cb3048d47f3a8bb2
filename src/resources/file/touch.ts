import { TaskError } from '../../errors.js';
import {
  attributeChanges,
  attributeQueries,
  attributeSteps,
  requireOwnership,
  requireUnshared,
  stepAttributes,
} from '../filesystem/attributes.js';
import { folderQuery, requireFolder } from '../filesystem/paths.js';
import type { Change } from '../resource.js';
import { pathOf, subjectOf, subjectQueries, type StateOfFile } from './params.js';

/** A file that is there, its times set to now unless they are preserved. */
export const touch: StateOfFile = {
  queries: (params) => [...subjectQueries(params), folderQuery(pathOf(params)), ...attributeQueries(params)],

  plan(params, answers) {
    const path = pathOf(params);
    const current = subjectOf(params, answers);
    if (!current.exists) requireFolder(path, answers);
    if (current.exists && current.type === 'link' && params.mode !== undefined) {
      throw new TaskError(`${path} is a link, which has no permissions of its own`, { hint: 'follow: true' });
    }
    const times: Change[] = [];
    if (!current.exists) times.push({ subject: path, field: 'state', before: null, after: 'file' });
    else {
      if (params.access_time !== 'preserve')
        times.push({ subject: path, field: 'access time', before: 'earlier', after: 'now', kind: 'action' });
      if (params.modification_time !== 'preserve') {
        times.push({
          subject: path,
          field: 'modification time',
          before: timeOf(current.mtime),
          after: 'now',
          kind: 'action',
        });
      }
    }
    const type = current.exists && current.type === 'directory' ? 'directory' : 'file';
    if (current.exists && times.length > 0) {
      requireOwnership(path, answers);
      requireUnshared(path, current);
    }
    return [
      ...times,
      ...attributeChanges({ ...params, path, type }, current.exists ? current : undefined, answers),
    ];
  },

  apply(params, changes) {
    const path = pathOf(params);
    const { follow } = params;
    const has = (field: string): boolean => changes.some((change) => change.field === field);
    const touched = { kind: 'touch', path, follow } as const;
    // A new file gets its attributes before it gets its name.
    if (has('state'))
      return [{ ...touched, access: false, modification: false, ...stepAttributes(params, 'file') }];
    const [access, modification] = [has('access time'), has('modification time')];
    return [
      ...(access || modification ? [{ ...touched, access, modification }] : []),
      ...attributeSteps(path, changes, follow ? 'file' : 'link'),
    ];
  },
};

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
