import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { LARGEST_HELD } from '../agent/content.js';
import type { Answer, LocalTreeAnswer, Query } from '../agent/query.js';
import { ConfigurationError, TaskError, messageOf } from '../errors.js';
import { findRoleFile } from '../playbook/search.js';
import { readSourceTree, type SourceEntry } from '../playbook/source-tree.js';
import type { Task } from '../playbook/model.js';
import { jinjaTemplate } from '../playbook/sources.js';
import { renderFile } from '../template/render.js';
import type { Scope } from '../template/scope.js';
import type { Trust } from '../trust/trust.js';
import type { FileSums } from './file-sums.js';

/**
 * Answers what the controller itself can answer: its files, and templates. Undefined for every other query. Most files are small, and
 * reading one takes less than handing it to another thread. Of large ones there is the sum only.
 * @throws SumPending while that is not known yet
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
      const follow = query.links !== 'keep';
      return once(`tree ${follow ? 'L' : 'P'} ${path}`, () =>
        contentsOf(path, readEntries(path, { task, cwd, follow }), asked),
      );
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
  readonly sums: FileSums;
  /** left out: every file is believed */
  readonly trust?: Trust | undefined;
}

/** A file as messages name it. */
export function shownName(path: string, cwd: string): string {
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

/** @throws ConfigurationError, at the task, where not all of a source can be copied */
function readEntries(
  path: string,
  { task, cwd, follow }: { readonly task: Task; readonly cwd: string; readonly follow: boolean },
): SourceEntry[] {
  try {
    return readSourceTree(path, { follow, name: shownName(path, cwd) });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { message, detail, hint } = error;
    throw new ConfigurationError(message, { position: task.position, detail, hint, cause: error });
  }
}

function contentsOf(
  root: string,
  entries: readonly SourceEntry[],
  { sums, trust, task }: Asked,
): LocalTreeAnswer {
  // By the way that leads there: who can write to a link decides as well.
  for (const { type, path } of entries) if (type !== 'link') trust?.require(join(root, path));
  const isLarge = ({ type, stat }: SourceEntry): boolean => type === 'file' && stat.size > LARGEST_HELD;
  const large = entries.filter(isLarge);
  // All are begun before the first is waited for, and nothing is held meanwhile.
  const contents = sums.contentsOf(large.map(({ at, stat }) => ({ path: at, stat })));
  const contentOf = new Map(large.map((entry, index) => [entry, contents[index]!]));
  return {
    entries: entries.map((entry) => {
      const { path, type, mode, target, outside, at } = entry;
      if (type === 'link') return { path, type, mode, target: target ?? '', ...(outside ? { outside } : {}) };
      if (type === 'directory') return { path, type, mode };
      return { path, type, mode, content: contentOf.get(entry) ?? readSmall(at, task) };
    }),
  };
}

function readSmall(path: string, task: Task): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TaskError(`${path} cannot be read: ${messageOf(error)}`, {
      position: task.position,
      cause: error,
    });
  }
}
