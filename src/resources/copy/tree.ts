import type { Answers, FileQuery, LocalTreeAnswer, Query } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import { TaskError } from '../../errors.js';
import { attributeChanges, attributeSteps } from '../filesystem/attributes.js';
import { folderChainQueries, folderChanges, folderSteps, missingFolders } from '../filesystem/folders.js';
import { lastPartOf } from '../filesystem/paths.js';
import type { Change } from '../resource.js';
import {
  wholeFileChanges,
  wholeFileQueries,
  wholeFileSteps,
  type WholeFile,
} from '../filesystem/whole-file.js';
import { fileAttributes, folderAttributes, type CopyParams } from './params.js';

type Entry = LocalTreeAnswer['entries'][number];

/** A folder of the controller and all below it. */
export interface Tree {
  readonly params: CopyParams;
  readonly entries: readonly Entry[];
}

export function treeQueries(tree: Tree, _known: Answers): Query[] {
  return [
    ...folderChainQueries(rootOf(tree)),
    ...foldersOf(tree).map(folderQuery),
    ...filesOf(tree).flatMap(wholeFileQueries),
    ...linksOf(tree).map(({ path }): FileQuery => ({ kind: 'file', path })),
  ];
}

/** @throws TaskError where a file is in the way of a folder, or a folder in the way of a file or link */
export function treeChanges(tree: Tree, answers: Answers): Change[] {
  return [
    ...folderChanges(missing(tree, answers)),
    ...foldersOf(tree).flatMap((path) => {
      const current = answers.get<'file'>(folderQuery(path));
      return current.exists
        ? attributeChanges({ ...folderAttributes(tree.params), path, type: 'directory' }, current, answers)
        : [];
    }),
    ...filesOf(tree).flatMap((file) => wholeFileChanges(file, answers)),
    ...linksOf(tree).flatMap(({ path, target }) => linkChange(path, target, answers)),
  ];
}

export function treeSteps(tree: Tree, changes: readonly Change[], answers: Answers): Step[] {
  const changed = (path: string): boolean => changes.some((change) => change.subject === path);
  return [
    ...folderSteps(missing(tree, answers), folderAttributes(tree.params)),
    ...foldersOf(tree).flatMap((path) => attributeSteps(path, changes)),
    ...filesOf(tree)
      .filter(({ path }) => changed(path))
      .flatMap((file) => wholeFileSteps(file, changes, answers)),
    ...linksOf(tree)
      .filter(({ path }) => changed(path))
      .map(({ path, target }): Step => ({ kind: 'link', path, target })),
  ];
}

/** `src: dir` goes to dest/dir, `src: dir/` into dest itself. */
function rootOf({ params: { src, dest } }: Tree): string {
  const folder = dest.replace(/\/+$/, '');
  return src!.endsWith('/') ? folder : `${folder}/${lastPartOf(src!)}`;
}

/** The root's own attributes are left alone when it is there: it may be /etc. */
function foldersOf(tree: Tree): string[] {
  return tree.entries.filter((entry) => entry.type === 'directory').map((entry) => pathIn(tree, entry));
}

function filesOf(tree: Tree): WholeFile[] {
  const { params, entries } = tree;
  return entries
    .filter((entry) => entry.type === 'file')
    .map((entry) => ({
      path: pathIn(tree, entry),
      content: entry.content ?? Buffer.alloc(0),
      ...fileAttributes(params, entry.mode),
      ...(params.validate === undefined ? {} : { validate: params.validate }),
      backup: params.backup,
      write: params.force ? 'always' : 'create',
      folder: 'made',
    }));
}

function linksOf(tree: Tree): { path: string; target: string }[] {
  return tree.entries
    .filter((entry) => entry.type === 'link')
    .map((entry) => ({ path: pathIn(tree, entry), target: entry.target ?? '' }));
}

function pathIn(tree: Tree, entry: Entry): string {
  return `${rootOf(tree)}/${entry.path}`;
}

function missing(tree: Tree, answers: Answers): string[] {
  const below = foldersOf(tree).filter((path) => {
    const found = answers.get<'file'>(folderQuery(path));
    if (found.exists && found.type !== 'directory')
      throw new TaskError(`${path} is there and no folder (${found.type})`);
    return !found.exists;
  });
  return [...missingFolders(rootOf(tree), answers), ...below];
}

function folderQuery(path: string): FileQuery {
  return { kind: 'file', path, follow: true };
}

function linkChange(path: string, target: string, answers: Answers): Change[] {
  const current = answers.get<'file'>({ kind: 'file', path });
  if (current.exists && current.type === 'directory') throw new TaskError(`${path} is a folder, not a link`);
  const before = !current.exists ? null : current.type === 'link' ? (current.target ?? null) : current.type;
  return before === target ? [] : [{ subject: path, field: 'target', before, after: target }];
}
