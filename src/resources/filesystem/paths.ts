import type { Answers, FileAnswer, FileQuery } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';

/** A path on a host. Folders are kept as written: `a/../b` is not `b` where `a` is a link. */
export const hostPathSchema = { type: 'string', pattern: '^/' } as const;

/** The folder of a path on a host. */
export function folderOf(path: string): string {
  const end = path.replace(/\/+$/, '').lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

/** The last part of a path. */
export function lastPartOf(path: string): string {
  return path.replace(/\/+$/, '').replace(/^.*\//s, '');
}

/** The folder in which a file shall be, links followed. */
export function folderQuery(path: string): FileQuery {
  return { kind: 'file', path: folderOf(path), follow: true };
}

/** @throws MissingPrerequisiteError when the folder of `path` is not there, TaskError when it is no folder */
export function requireFolder(path: string, answers: Answers): void {
  const folder = answers.get<'file'>(folderQuery(path));
  if (!folder.exists) {
    throw new MissingPrerequisiteError(`the folder ${folderOf(path)} does not exist`, {
      hint: 'make it with `file: {path: …, state: directory}` in an earlier task',
    });
  }
  if (folder.type !== 'directory') throw new TaskError(`${folderOf(path)} is no folder`);
}

const MOST_LINKS = 40;

/**
 * The queries that lead from a path through symbolic links to what they point to, one link a round: only a path that is
 * a link costs more than one.
 * @throws TaskError for a link in a user's folder
 */
export function linkQueries(path: string, known: Answers): FileQuery[] {
  const queries: FileQuery[] = [];
  for (let at: string | undefined = path; at !== undefined && queries.length < MOST_LINKS;) {
    const query: FileQuery = { kind: 'file', path: at };
    queries.push(query);
    if (known.has(query)) requireOwnLink(at, known.get<'file'>(query));
    at = known.has(query) ? linkTarget(at, known.get<'file'>(query)) : undefined;
  }
  return queries;
}

/** The path at the end of the links. Undefined while more must be asked. */
export function followLinks(path: string, known: Answers): string | undefined {
  const last = linkQueries(path, known).at(-1)!;
  if (!known.has(last)) return undefined;
  if (linkTarget(last.path, known.get<'file'>(last)) !== undefined)
    throw new TaskError(`${path}: too many levels of symbolic links`);
  return last.path;
}

/** @throws TaskError for a link in a user's folder that leads nowhere, or to where only root may look */
export function requireSeen(path: string, file: FileAnswer): void {
  if (file.exists || file.hidden !== true) return;
  throw new TaskError(
    `what ${path} leads to cannot be told: it is a link in a folder of ${file.by!.user}'s`,
    {
      detail: [
        `${file.by!.folder} belongs to ${file.by!.user}, who may not look there, or there is nothing; root follows no such link`,
      ],
      hint: 'name the file that it leads to, or ask about the link itself (follow: false)',
    },
  );
}

/** @throws TaskError for a link in a folder where a user could point it anywhere at any moment */
export function requireOwnLink(path: string, file: FileAnswer): void {
  if (!file.exists || file.type !== 'link') return;
  if (file.shared !== undefined) {
    throw new TaskError(
      `${path} is a link, and is not followed: others than root may write to ${file.shared}`,
      {
        detail: ['they could point it anywhere'],
        hint: 'name the file that it leads to',
      },
    );
  }
  if (file.by === undefined) return;
  throw new TaskError(`${path} is a link in a folder of ${file.by.user}'s, and is not followed`, {
    detail: [`${file.by.folder} belongs to ${file.by.user}, who could point it anywhere`],
    hint: 'name the file that it leads to, or work as that user (become_user)',
  });
}

function linkTarget(path: string, file: FileAnswer): string | undefined {
  if (!file.exists || file.type !== 'link' || file.target === undefined) return undefined;
  return file.target.startsWith('/') ? file.target : `${folderOf(path).replace(/\/$/, '')}/${file.target}`;
}
