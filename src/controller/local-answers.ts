import { lstat, readFile, readdir, readlink, stat } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import type { Answer, LocalTreeAnswer, Query } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { findRoleFile } from '../playbook/search.js';
import type { Task } from '../playbook/model.js';
import { renderFile } from '../template/render.js';
import type { Scope } from '../template/scope.js';

/** Answers what the controller itself can answer: its files, and templates. Undefined for every other query. */
export async function answerLocally(query: Query, asked: Asked): Promise<Answer | undefined> {
  const { task, scope, playbookDir, cwd, once } = asked;
  switch (query.kind) {
    case 'local-file': {
      const path = locate(query.path, task, playbookDir, 'files');
      return once(`file ${path}`, async () => ({
        content: await readFile(path),
        mode: (await stat(path)).mode & 0o7777,
      }));
    }
    case 'local-tree': {
      const path = locate(query.path, task, playbookDir, 'files');
      return once(`tree ${path}`, () => readTree(path));
    }
    case 'render': {
      const path = locate(query.path, task, playbookDir, 'templates');
      const text = await once(`text ${path}`, () => readFile(path, 'utf8'));
      return { content: renderFile(text, shownName(path, cwd), scope) };
    }
    default:
      return undefined;
  }
}

/** Who asks. */
export interface Asked {
  readonly task: Task;
  readonly scope: Scope;
  readonly playbookDir: string;
  /** messages name files relative to it */
  readonly cwd: string;
  /** files are read once for all hosts, as long as nothing is changed */
  readonly once: <T>(key: string, make: () => Promise<T>) => Promise<T>;
}

function shownName(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near.startsWith('..') || isAbsolute(near) ? path : near;
}

function locate(name: string, task: Task, playbookDir: string, kind: 'templates' | 'files'): string {
  const found = findRoleFile(task, playbookDir, kind, name);
  if (found !== undefined) return found;
  const searched = isAbsolute(name) ? name : `${kind}/ of the role and of the playbook`;
  throw new TaskError(`${kind === 'files' ? 'file' : 'template'} "${name}" not found`, {
    position: task.position,
    hint: `searched in ${searched}`,
  });
}

async function readTree(root: string): Promise<LocalTreeAnswer> {
  // Of a file: one entry whose path is ''.
  const names = (await stat(root)).isDirectory() ? await readdir(root, { recursive: true }) : [''];
  const entries = await Promise.all(names.sort().map((name) => readEntry(root, join(root, name))));
  return { entries: entries.filter((entry) => entry !== undefined) };
}

async function readEntry(
  root: string,
  path: string,
): Promise<LocalTreeAnswer['entries'][number] | undefined> {
  const found = await (path === root ? stat(path) : lstat(path));
  const base = { path: relative(root, path), mode: found.mode & 0o7777 };
  if (found.isSymbolicLink()) return { ...base, type: 'link', target: await readlink(path) };
  if (found.isDirectory()) return { ...base, type: 'directory' };
  // Sockets, pipes and devices have no content to copy.
  return found.isFile() ? { ...base, type: 'file', content: await readFile(path) } : undefined;
}
