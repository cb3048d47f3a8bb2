import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ConfigurationError, messageOf } from '../errors.js';
import { isWithin } from '../trust/path.js';

/** One entry of a source on the controller: of a file the only one, whose path is ''; of a folder everything below it. */
export interface SourceEntry {
  /** relative to the source, with forward slashes */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link';
  /** permission bits, of what a followed link leads to */
  readonly mode: number;
  /** of a link: where it points to, as it is written */
  readonly target?: string;
  /** of a link: it does not lead to something that is in the source as well */
  readonly outside?: true;
  /** where it is on the controller, links on the way followed */
  readonly at: string;
  readonly stat: BigIntStats;
}

/** What is found behind links may not come to more than this: folders that link to each other need no circle to become endless. */
const MOST_BEHIND_LINKS = 30_000;

/** So many problems are named. */
const MOST_NAMED = 10;

/**
 * What `copy` takes of a source, sorted by path. With `follow` the content of what links lead to, also outside of the folder, as Ansible
 * does it; a link to a device stays one. Without it links are entries of their own.
 * @throws ConfigurationError that names all links that lead nowhere or in a circle, and what has no content
 */
export function readSourceTree(root: string, { follow, name = root }: SourceOptions): SourceEntry[] {
  const walk: Walk = { root, name, follow, entries: [], problems: [], behindLinks: 0 };
  const top = statSync(root, { bigint: true });
  if (top.isDirectory()) readFolder({ path: '', at: root, above: [identity(top)], linked: false }, walk);
  else if (top.isFile()) walk.entries.push(entryOf('', 'file', root, top));
  else walk.problems.push('it is a socket, a pipe or a device, which has no content');
  if (walk.problems.length > 0) throw unusable(walk);
  return walk.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export interface SourceOptions {
  readonly follow: boolean;
  /** how messages name it */
  readonly name?: string;
}

interface Walk {
  readonly root: string;
  readonly name: string;
  readonly follow: boolean;
  readonly entries: SourceEntry[];
  readonly problems: string[];
  behindLinks: number;
}

/** A folder that is being read. */
interface Folder {
  /** relative to the source */
  readonly path: string;
  /** where it is: behind a followed link another folder than its path says */
  readonly at: string;
  /** the folders on the way to it and itself: to come to one of them again is a circle */
  readonly above: readonly string[];
  readonly linked: boolean;
}

function readFolder(folder: Folder, walk: Walk): void {
  for (const name of namesIn(folder, walk)) {
    const path = folder.path === '' ? name : `${folder.path}/${name}`;
    const at = join(folder.at, name);
    if (folder.linked && (walk.behindLinks += 1) > MOST_BEHIND_LINKS) {
      if (walk.behindLinks === MOST_BEHIND_LINKS + 1)
        walk.problems.push(`${path}: links lead to more than ${MOST_BEHIND_LINKS} files and folders`);
      return;
    }
    const own = lstatSync(at, { bigint: true });
    if (!own.isSymbolicLink()) readEntry({ ...folder, path, at }, own, walk);
    else if (walk.follow) followLink({ ...folder, path, at }, own, walk);
    else readLink(path, at, own, walk);
  }
}

function readEntry(entry: Folder, stat: BigIntStats, walk: Walk): void {
  const { path, at, above } = entry;
  if (stat.isDirectory()) {
    if (above.includes(identity(stat))) {
      walk.problems.push(`${path}: a link on the way leads in a circle`);
      return;
    }
    walk.entries.push(entryOf(path, 'directory', at, stat));
    readFolder({ ...entry, above: [...above, identity(stat)] }, walk);
  } else if (stat.isFile()) walk.entries.push(entryOf(path, 'file', at, stat));
  else walk.problems.push(`${path} is a socket, a pipe or a device, which has no content`);
}

function followLink(link: Folder, own: BigIntStats, walk: Walk): void {
  const { path, at, above } = link;
  const target = readlinkSync(at);
  let end: string;
  try {
    end = realpathSync.native(at);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    walk.problems.push(`${path} -> ${target}: ${REASONS[code ?? ''] ?? messageOf(error)}`);
    return;
  }
  const stat = statSync(end, { bigint: true });
  if (stat.isDirectory() && above.includes(identity(stat)))
    walk.problems.push(`${path} -> ${target}: leads in a circle, to a folder that it is in`);
  else if (stat.isDirectory() || stat.isFile()) readEntry({ ...link, at: end, linked: true }, stat, walk);
  // /dev/null as a unit file masks the unit: the link is what is meant.
  else walk.entries.push({ ...entryOf(path, 'link', at, own), target, outside: true });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'leads nowhere',
  ENOTDIR: 'leads nowhere',
  ELOOP: 'leads in a circle',
};

/** A link that stays one. Where it leads on the host is asked there; one to itself leads nowhere anywhere. */
function readLink(path: string, at: string, own: BigIntStats, walk: Walk): void {
  const target = readlinkSync(at);
  const end = endOf(at);
  if (end === 'circle') {
    walk.problems.push(`${path} -> ${target}: leads in a circle`);
    return;
  }
  const inside = !isAbsolute(target) && end !== undefined && isWithin(end, realpathSync.native(walk.root));
  walk.entries.push({ ...entryOf(path, 'link', at, own), target, ...(inside ? {} : { outside: true }) });
}

function endOf(at: string): string | undefined {
  try {
    return realpathSync.native(at);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'circle' : undefined;
  }
}

function namesIn({ path, at }: Folder, walk: Walk): string[] {
  try {
    return readdirSync(at);
  } catch (error) {
    walk.problems.push(`${path === '' ? '.' : path}: ${messageOf(error)}`);
    return [];
  }
}

function entryOf(path: string, type: SourceEntry['type'], at: string, stat: BigIntStats): SourceEntry {
  return { path, type, mode: Number(stat.mode) & 0o7777, at, stat };
}

function identity({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function unusable({ name, problems, follow }: Walk): ConfigurationError {
  const named = problems.slice(0, MOST_NAMED);
  const more = problems.length - named.length;
  return new ConfigurationError(`${name} cannot be copied`, {
    detail: more > 0 ? [...named, `and ${more} more`] : named,
    hint: follow
      ? 'mend or remove what is named, or copy links as links: local_follow: false'
      : 'mend or remove what is named',
  });
}
