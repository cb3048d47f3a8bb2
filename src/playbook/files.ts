import { readFileSync, readdirSync, statSync } from 'node:fs';
import { ConfigurationError, messageOf } from '../errors.js';
import { readSourceTree, type SourceOptions } from './source-tree.js';
import { isRegular } from '../trust/path.js';
import type { Trust } from '../trust/trust.js';

/**
 * The file system as the loader sees it. Synchronous: a site is some sixty small files that name one another, reading
 * them takes two milliseconds, and what is wrong is found in the same order each time.
 */
export interface Files {
  /** the text of a file, undefined where there is none */
  read(path: string): string | undefined;
  kindOf(path: string): 'file' | 'folder' | undefined;
  /** the names in a folder, sorted; empty where there is none */
  list(path: string): readonly string[];
  /** @throws ConfigurationError where `copy` could not take all that is there */
  checkTree(path: string, options: SourceOptions): void;
}

export const diskFiles: Files = {
  read: (path) => orUndefined(path, () => readFileSync(path, 'utf8')),
  kindOf(path) {
    const stat = orUndefined(path, () => statSync(path));
    if (!stat) return undefined;
    return stat.isDirectory() ? 'folder' : 'file';
  },
  list: (path) => orUndefined(path, () => readdirSync(path).sort()) ?? [],
  checkTree: (path, options) => void readSourceTree(path, options),
};

/** The same, where each file that is read, and each folder that is found, is noted: what names it has to ask at the end whether all of them are to be believed. */
export function notedFiles(trust: Trust): Files {
  return {
    ...diskFiles,
    // A folder counts by being there: the role that is found in it hides one of that name further on.
    kindOf(path) {
      const kind = diskFiles.kindOf(path);
      if (kind === 'folder') trust.note(path);
      return kind;
    },
    read(path) {
      const found = trust.note(path);
      // Somebody's pipe would be waited for.
      return found.exists && (isRegular(found) || found.faults.length === 0)
        ? diskFiles.read(path)
        : undefined;
    },
  };
}

function orUndefined<T>(path: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigurationError(`${path} cannot be read: ${messageOf(error)}`, {
      hint: 'Look at its permissions and what kind of file it is.',
      cause: error,
    });
  }
}
