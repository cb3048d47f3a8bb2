import type { Answers, Query } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import type { Attributes } from './attributes.js';
import {
  isFolderName,
  placedPath,
  placementChanges,
  placementQueries,
  placementSteps,
  type Placement,
} from './placement.js';
import type { Change } from '../resource.js';
import { wholeFileChanges, wholeFileQueries, wholeFileSteps, type WholeFile } from './whole-file.js';

/** A whole file with its placement, as `copy` and `template` put it on a host. */
export interface PlacedFile extends Omit<WholeFile, 'path' | 'folder'> {
  readonly placement: Placement;
  /** of folders that are made */
  readonly folders: Attributes;
}

export function placedFileQueries(file: PlacedFile, known: Answers): Query[] {
  return [...placementQueries(file.placement, known), ...wholeFileQueries(wholeFile(file, known))];
}

export function placedFileChanges(file: PlacedFile, answers: Answers): Change[] {
  return [
    ...placementChanges(file.placement, answers),
    ...wholeFileChanges(wholeFile(file, answers), answers),
  ];
}

export function placedFileSteps(file: PlacedFile, changes: readonly Change[], answers: Answers): Step[] {
  return [
    ...placementSteps(file.placement, answers, file.folders),
    ...wholeFileSteps(wholeFile(file, answers), changes, answers),
  ];
}

function wholeFile({ placement, folders: _, ...file }: PlacedFile, known: Answers): WholeFile {
  const path = placedPath(placement, known);
  return isFolderName(placement) ? { ...file, path, folder: 'made' } : { ...file, path };
}
