import type { Answers, FileQuery } from '../../agent/query.js';
import type { FoldersStep } from '../../agent/step.js';
import { TaskError } from '../../errors.js';
import type { Attributes } from './attributes.js';
import { folderOf, requireSeen } from './paths.js';
import { resolveMode } from './mode.js';
import type { Change } from '../resource.js';

/** A folder and all above it, links followed: what must be known to say which of them are missing. */
export function folderChainQueries(path: string): FileQuery[] {
  return folderChain(path).map((folder) => ({ kind: 'file', path: folder, follow: true }));
}

/** The folders that must be made for `path` to be one, outermost first. @throws TaskError when something else is in the way */
export function missingFolders(path: string, answers: Answers): string[] {
  return folderChain(path).filter((folder) => {
    const found = answers.get<'file'>({ kind: 'file', path: folder, follow: true });
    requireSeen(folder, found);
    if (found.exists && found.type !== 'directory')
      throw new TaskError(`${folder} is there and no folder (${found.type})`);
    return !found.exists;
  });
}

export function folderChanges(folders: readonly string[]): Change[] {
  return folders.map((folder) => ({ subject: folder, field: 'state', before: null, after: 'directory' }));
}

/** One step that makes the folders, all with these attributes, as Ansible does. None when none is missing. */
export function folderSteps(folders: readonly string[], { mode, owner, group }: Attributes): FoldersStep[] {
  if (folders.length === 0) return [];
  return [
    {
      kind: 'folders',
      paths: folders,
      mode: resolveMode(mode ?? 0o755, 'directory'),
      ...(owner === undefined ? {} : { owner: String(owner) }),
      ...(group === undefined ? {} : { group: String(group) }),
    },
  ];
}

function folderChain(path: string): string[] {
  const chain: string[] = [];
  for (let at = path.replace(/\/+$/, ''); at !== '' && at !== '/'; at = folderOf(at)) chain.unshift(at);
  return chain;
}
