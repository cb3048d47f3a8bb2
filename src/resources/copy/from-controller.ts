import type { Answers, LocalTreeAnswer, LocalTreeQuery } from '../../agent/query.js';
import {
  placedFileChanges,
  placedFileQueries,
  placedFileSteps,
  type PlacedFile,
} from '../filesystem/placed-file.js';
import { placed, type CopyParams, type WayOfCopy } from './params.js';
import { treeChanges, treeQueries, treeSteps } from './tree.js';

/** Copies a file or a folder of the controller. Its answer comes first, and without asking the host. */
export const fromController: WayOfCopy = {
  queries(params, known) {
    const query = sourceQuery(params);
    if (!known.has(query)) return [query];
    const source = readSource(params, known);
    const asked = Array.isArray(source)
      ? treeQueries({ params, entries: source }, known)
      : placedFileQueries(source, known);
    return [query, ...asked];
  },

  plan(params, answers) {
    const source = readSource(params, answers);
    return Array.isArray(source)
      ? treeChanges({ params, entries: source }, answers)
      : placedFileChanges(source, answers);
  },

  apply(params, changes, answers) {
    const source = readSource(params, answers);
    return Array.isArray(source)
      ? treeSteps({ params, entries: source }, changes, answers)
      : placedFileSteps(source, changes, answers);
  },
};

function readSource(params: CopyParams, known: Answers): PlacedFile | LocalTreeAnswer['entries'][number][] {
  const { entries } = known.get<'local-tree'>(sourceQuery(params));
  const [first] = entries;
  if (first?.path !== '') return [...entries];
  return placed(params, first.content ?? Buffer.alloc(0), first.mode);
}

/** Without the slash: it says how the folder is copied, not which one it is. */
function sourceQuery({ src, local_follow: follow }: CopyParams): LocalTreeQuery {
  return {
    kind: 'local-tree',
    path: src!.replace(/(?<=.)\/+$/, ''),
    ...(follow ? {} : { links: 'keep' as const }),
  };
}
