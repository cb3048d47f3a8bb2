import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError, messageOf } from '../errors.js';
import { matchesPattern } from '../transport/pattern-list.js';
import { parseSshConfig, type SshConfigFile } from './ssh-config.js';

/** As ssh: files that include each other in a circle end here. */
const DEEPEST = 16;

/**
 * ~/.ssh/config and /etc/ssh/ssh_config, in the order in which ssh reads them, with what they include.
 * @throws ConfigurationError for a file that is there and cannot be read or parsed
 */
export function readSshConfig(home: string, system = '/etc/ssh'): readonly SshConfigFile[] {
  const user = path.join(home, '.ssh');
  return [
    ...readFiles([path.join(user, 'config')], { home, folder: user, depth: 0 }),
    ...readFiles([path.join(system, 'ssh_config')], { home, folder: system, depth: 0 }),
  ];
}

interface Reading {
  readonly home: string;
  /** where relative names of `Include` start */
  readonly folder: string;
  readonly depth: number;
}

function readFiles(files: readonly string[], reading: Reading): SshConfigFile[] {
  return files.flatMap((file) => {
    const text = readIfThere(file);
    if (text === undefined) return [];
    const include = (words: readonly string[], where: string): SshConfigFile[] => {
      if (reading.depth >= DEEPEST)
        throw new ConfigurationError(`${where}: files include each other more than ${DEEPEST} levels deep`);
      const named = words.flatMap((word) => filesOf(word, where, reading));
      return readFiles(named, { ...reading, depth: reading.depth + 1 });
    };
    return [parseSshConfig(text, { file: shown(file, reading.home), include })];
  });
}

/** What a name stands for, by glob(7) without its sets of characters; nothing where no file matches. */
function filesOf(word: string, where: string, { home, folder }: Reading): string[] {
  if (/\$\{|[%[\\]/.test(word) || /^~[^/]/.test(word))
    throw new ConfigurationError(`${where}: Include ${word} cannot be resolved here`, {
      hint: 'Name the file by its path, or from ~/.',
    });
  const full = path.resolve(
    folder,
    word === '~' || word.startsWith('~/') ? path.join(home, word.slice(1)) : word,
  );
  return full
    .split('/')
    .slice(1)
    .reduce<string[]>((found, part) => found.flatMap((before) => within(before, part)), ['/']);
}

function within(folder: string, part: string): string[] {
  if (!/[*?]/.test(part)) return [path.join(folder, part)];
  try {
    return readdirSync(folder)
      .filter((name) => matchesPattern(part, name) && (!name.startsWith('.') || part.startsWith('.')))
      .sort()
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw new ConfigurationError(`${file} cannot be read: ${messageOf(error)}`, {
      hint: 'What it says about keys and hosts would be passed over.',
    });
  }
}

function shown(file: string, home: string): string {
  return file.startsWith(`${home}/`) ? `~/${file.slice(home.length + 1)}` : file;
}
