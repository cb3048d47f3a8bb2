import { posix } from 'node:path';
import type { Answers, FileQuery, LocalTreeAnswer, Query } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { attributeChanges, attributeSteps } from '../filesystem/attributes.js';
import { folderChainQueries, folderChanges, folderSteps, missingFolders } from '../filesystem/folders.js';
import { folderOf, followLinks, lastPartOf, linkQueries } from '../filesystem/paths.js';
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

export function treeQueries(tree: Tree, known: Answers): Query[] {
  const { follow } = tree.params;
  return [
    ...folderChainQueries(rootOf(tree)),
    ...foldersOf(tree).map(folderQuery),
    ...(follow ? fileEntries(tree).flatMap((entry) => linkQueries(pathIn(tree, entry), known)) : []),
    ...filesOf(tree, known).flatMap(wholeFileQueries),
    ...linksOf(tree).flatMap((link): FileQuery[] => [
      { kind: 'file', path: link.path },
      ...(link.outside ? [folderQuery(linkDestination(link))] : []),
    ]),
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
    ...filesOf(tree, answers).flatMap((file) => wholeFileChanges(file, answers)),
    ...linksOf(tree).flatMap((link) => linkChange(link, answers)),
  ];
}

export function treeSteps(tree: Tree, changes: readonly Change[], answers: Answers): Step[] {
  const changed = (path: string): boolean => changes.some((change) => change.subject === path);
  return [
    ...folderSteps(missing(tree, answers), folderAttributes(tree.params)),
    ...foldersOf(tree).flatMap((path) => attributeSteps(path, changes)),
    ...filesOf(tree, answers)
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

function filesOf(tree: Tree, known: Answers): WholeFile[] {
  const { params } = tree;
  return fileEntries(tree).map((entry) => ({
    path: placeOf(tree, entry, known),
    content: entry.content ?? Buffer.alloc(0),
    ...fileAttributes(params, entry.mode),
    ...(params.validate === undefined ? {} : { validate: params.validate }),
    backup: params.backup,
    write: params.force ? 'always' : 'create',
    folder: 'made',
  }));
}

function fileEntries({ entries }: Tree): Entry[] {
  return entries.filter((entry) => entry.type === 'file');
}

/** Where a file goes: with `follow` to what a link at its place leads to. */
function placeOf(tree: Tree, entry: Entry, known: Answers): string {
  const path = pathIn(tree, entry);
  return tree.params.follow ? (followLinks(path, known) ?? path) : path;
}

interface Link {
  readonly path: string;
  readonly target: string;
  readonly outside: boolean;
}

/** Where a link leads, on the host. */
function linkDestination({ path, target }: Link): string {
  return posix.resolve(folderOf(path), target);
}

function linksOf(tree: Tree): Link[] {
  return tree.entries
    .filter((entry) => entry.type === 'link')
    .map((entry) => ({
      path: pathIn(tree, entry),
      target: entry.target ?? '',
      outside: entry.outside === true,
    }));
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

/** @throws MissingPrerequisiteError for a link that would lead nowhere on the host */
function linkChange(link: Link, answers: Answers): Change[] {
  const { path, target } = link;
  const destination = linkDestination(link);
  if (link.outside && !answers.get<'file'>(folderQuery(destination)).exists) {
    throw new MissingPrerequisiteError(`the link ${path} -> ${target} would lead nowhere on the host`, {
      detail: [`there is no ${destination} there, and it is not copied along`],
      hint: 'mend the link, make what it leads to in an earlier task, or copy its content: local_follow: true',
    });
  }
  const current = answers.get<'file'>({ kind: 'file', path });
  if (current.exists && current.type === 'directory') throw new TaskError(`${path} is a folder, not a link`);
  const before = !current.exists ? null : current.type === 'link' ? (current.target ?? null) : current.type;
  return before === target ? [] : [{ subject: path, field: 'target', before, after: target }];
}
