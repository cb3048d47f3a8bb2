import type { Answers, FileQuery } from '../../agent/query.js';
import { TaskError } from '../../errors.js';
import { folderChainQueries, folderChanges, folderSteps, missingFolders } from './folders.js';
import type { Attributes } from './attributes.js';
import { followLinks, linkQueries } from './paths.js';
import type { Change } from '../resource.js';
import type { FoldersStep } from '../../agent/step.js';

/** Where a file goes that is sent to a destination. */
export interface Placement {
  /** a file, a folder that is there, or a path with a slash at the end: a folder that is made */
  readonly dest: string;
  /** the file's name in a folder; without one, a folder is an error */
  readonly name?: string;
  /** write what a link at the destination points to */
  readonly follow: boolean;
}

/** A destination that turns out to be a folder or a followed link costs a second round; any other one does not. */
export function placementQueries(placement: Placement, known: Answers): FileQuery[] {
  const path = unfollowed(placement, known);
  return [
    ...(isFolderName(placement) ? folderChainQueries(placement.dest) : [destQuery(placement)]),
    ...(placement.follow ? linkQueries(path, known) : []),
  ];
}

/** The path of the file, as far as it is known yet. @throws TaskError for a folder where a file has no name */
export function placedPath(placement: Placement, known: Answers): string {
  const path = unfollowed(placement, known);
  return placement.follow ? (followLinks(path, known) ?? path) : path;
}

/** The folders that a slash at the end asks for. */
export function placementChanges(placement: Placement, answers: Answers): Change[] {
  return isFolderName(placement) ? folderChanges(missingFolders(placement.dest, answers)) : [];
}

export function placementSteps(
  placement: Placement,
  answers: Answers,
  attributes: Attributes,
): FoldersStep[] {
  return isFolderName(placement) ? folderSteps(missingFolders(placement.dest, answers), attributes) : [];
}

export function isFolderName({ dest }: Placement): boolean {
  return dest.endsWith('/');
}

function unfollowed(placement: Placement, known: Answers): string {
  const { dest, name } = placement;
  const folder = dest.replace(/\/+$/, '');
  if (isFolderName(placement)) {
    if (name === undefined)
      throw new TaskError(`${dest} is the name of a folder: content needs the name of a file`);
    return `${folder}/${name}`;
  }
  const query = destQuery(placement);
  const found = known.has(query) ? known.get<'file'>(query) : undefined;
  if (!found?.exists || found.type !== 'directory') return dest;
  if (name === undefined) throw new TaskError(`${dest} is a folder: content needs the name of a file`);
  return `${folder}/${name}`;
}

function destQuery({ dest }: Placement): FileQuery {
  return { kind: 'file', path: dest, follow: true };
}
