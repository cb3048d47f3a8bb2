import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import type { Answer, LocalTreeAnswer, Query } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { findRoleFile } from '../playbook/search.js';
import type { Task } from '../playbook/model.js';
import { jinjaTemplate } from '../playbook/sources.js';
import { renderFile } from '../template/render.js';
import type { Scope } from '../template/scope.js';
import type { Trust } from '../trust/trust.js';

/**
 * Answers what the controller itself can answer: its files, and templates. Undefined for every other query. Files are small, and reading one
 * takes less than handing it to another thread.
 */
export function answerLocally(query: Query, asked: Asked): Answer | undefined {
  const { task, scope, playbookDir, cwd, once, trust } = asked;
  switch (query.kind) {
    case 'local-file': {
      const path = locate(query.path, task, playbookDir, 'files');
      return once(`file ${path}`, () => {
        trust?.require(path);
        return { content: readFileSync(path), mode: statSync(path).mode & 0o7777 };
      });
    }
    case 'local-tree': {
      const path = locate(query.path, task, playbookDir, 'files');
      return once(`tree ${path}`, () => readTree(path, trust));
    }
    case 'render': {
      const path = locate(query.path, task, playbookDir, 'templates');
      const read = (file: string): string => {
        trust?.require(file);
        return readFileSync(file, 'utf8');
      };
      // Found at load, where its name was known by then.
      if (path.endsWith('.j2')) throw jinjaTemplate(shownName(path, cwd), task.argumentAt(['src']));
      const text = once(`text ${path}`, () => read(path));
      return { content: renderFile(text, shownName(path, cwd), scope, { path, read }) };
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
  readonly once: <T>(key: string, make: () => T) => T;
  /** left out: every file is believed */
  readonly trust?: Trust | undefined;
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

function readTree(root: string, trust: Trust | undefined): LocalTreeAnswer {
  // Of a file: one entry whose path is ''.
  const names = statSync(root).isDirectory()
    ? readdirSync(root, { recursive: true, encoding: 'utf8' })
    : [''];
  trust?.require(root);
  const entries = names.sort().map((name) => readEntry(root, join(root, name), trust));
  return { entries: entries.filter((entry) => entry !== undefined) };
}

function readEntry(
  root: string,
  path: string,
  trust: Trust | undefined,
): LocalTreeAnswer['entries'][number] | undefined {
  const found = path === root ? statSync(path) : lstatSync(path);
  const base = { path: relative(root, path), mode: found.mode & 0o7777 };
  if (found.isSymbolicLink()) return { ...base, type: 'link', target: readlinkSync(path) };
  if (found.isDirectory()) return { ...base, type: 'directory' };
  // Sockets, pipes and devices have no content to copy.
  if (!found.isFile()) return undefined;
  trust?.require(path);
  return { ...base, type: 'file', content: readFileSync(path) };
}
