import {
  placedFileChanges,
  placedFileQueries,
  placedFileSteps,
  type PlacedFile,
} from '../filesystem/placed-file.js';
import { placed, type CopyParams, type WayOfCopy } from './params.js';

/** Writes what the task itself holds. */
export const givenContent: WayOfCopy = {
  queries: (params, known) => placedFileQueries(fileOf(params), known),
  plan: (params, answers) => placedFileChanges(fileOf(params), answers),
  apply: (params, changes, answers) => placedFileSteps(fileOf(params), changes, answers),
};

function fileOf(params: CopyParams): PlacedFile {
  const { content } = params;
  return placed(
    params,
    Buffer.from(typeof content === 'object' ? JSON.stringify(content) : String(content)),
    0o644,
  );
}
