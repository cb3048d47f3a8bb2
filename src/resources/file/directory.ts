import { attributeChanges, attributeQueries, attributeSteps } from '../filesystem/attributes.js';
import { folderChainQueries, folderChanges, folderSteps, missingFolders } from '../filesystem/folders.js';
import { pathOf, subjectOf, subjectQueries, type StateOfFile } from './params.js';
import { recurseChanges, recurseQuery, recurseSteps } from './recurse.js';

/** A folder with its parents. Folders that are made get the attributes; those that are there keep theirs, but for the last. */
export const directory: StateOfFile = {
  queries: (params) => [
    ...subjectQueries(params),
    ...folderChainQueries(pathOf(params)),
    ...attributeQueries(params),
    ...(params.recurse ? [recurseQuery(params)] : []),
  ],

  plan(params, answers) {
    const path = pathOf(params);
    const current = subjectOf(params, answers);
    const folders = missingFolders(path, answers);
    const known = current.exists && folders.length === 0 ? current : undefined;
    const attributes = attributeChanges({ ...params, path, type: 'directory' }, known, answers);
    const below = params.recurse && known ? recurseChanges(params, answers) : [];
    return [...folderChanges(folders), ...attributes, ...below];
  },

  apply(params, changes, answers) {
    const path = pathOf(params);
    const folders = missingFolders(path, answers);
    if (folders.length > 0) return folderSteps(folders, params);
    const top = attributeSteps(path, changes, params.follow ? 'file' : 'link');
    const below = recurseSteps(params, changes);
    // Once the folder is somebody else's, root does not work below it any more: what is root's is given away from below upwards, so that a
    // run that is broken off can go on. What is not root's has to be opened, or taken, first.
    const current = subjectOf(params, answers);
    return current.exists && current.uid === 0 ? [...below, ...top] : [...top, ...below];
  },
};
