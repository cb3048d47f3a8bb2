import { lstatSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Whose files are believed. */
export interface Who {
  /** who runs this process */
  readonly uid: number;
  /** who may own what is believed */
  readonly uids: ReadonlySet<number>;
  /** may a group write to it: does it hold nobody but these users? */
  readonly isPrivate: (gid: number) => boolean;
  /** folders, without links on the way, in which everything is believed: the user has said so */
  readonly consented: readonly string[];
}

/** Why a path is not believed: the file, folder or link that is to blame, which may be one on the way to it. */
export interface Fault {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** permission bits */
  readonly mode: number;
  readonly why: 'owner' | 'group' | 'everybody';
}

/** What a path was found to be. */
export interface Verdict {
  /** without links */
  readonly real: string;
  readonly exists: boolean;
  /** of what it is without links, as lstat gives it; left out where that is not known */
  readonly stat?: { readonly uid: number; readonly mode: number };
  /** none: nobody but the user and root can have written it, or can exchange it */
  readonly faults: readonly Fault[];
}

/** The calls to the file system that are made. */
export interface Disk {
  /** undefined: there is nothing; throws where it cannot be told */
  lstat(path: string): Pick<Stats, 'uid' | 'gid' | 'mode'> | undefined;
  readlink(path: string): string;
  exists(path: string): boolean;
}

const disk: Disk = {
  lstat: (path) => lstatSync(path, { throwIfNoEntry: false }),
  readlink: (path) => readlinkSync(path),
  exists: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
};

const [TYPE, LINK, FILE, DEVICE, STICKY] = [0o170000, 0o120000, 0o100000, 0o020000, 0o1000];
/** As many as the kernel follows. */
const MOST_LINKS = 40;

/**
 * Makes the one test of whether a path is to be believed: it, every folder on the way to it and every link that is followed
 * belong to one of these users, and nobody else can write to them. Into a folder with the sticky bit others may put files, but
 * cannot exchange those that are there, so it is good on the way to a file and not in its place. Each folder is looked at once:
 * a file costs one lstat. Permissions are read as they are; whom an ACL names is not looked up.
 * @returns for absolute paths
 */
export function createPathTest(who: Who, look: Disk = disk): (path: string) => Verdict {
  const known = new Map<string, Verdict>();
  return (path) => judge(path, 0);

  function judge(path: string, links: number): Verdict {
    const before = known.get(path);
    if (before) return before;
    const verdict = links > MOST_LINKS ? missing(path, []) : find(path, links);
    // What is not there may be made by this very run.
    if (verdict.exists) known.set(path, verdict);
    return verdict;
  }

  function find(path: string, links: number): Verdict {
    const parent = path === '/' ? undefined : judge(dirname(path), links);
    const real = parent ? join(parent.real, path.slice(path.lastIndexOf('/') + 1)) : '/';
    const consented = who.consented.some((folder) => isWithin(real, folder));
    const above = consented || !parent ? [] : faultsWithin(parent);
    const found = lstat(real);
    if (found === 'unknown') return { ...missing(real, above), exists: true };
    if (!found) return missing(real, above);
    if ((found.mode & TYPE) !== LINK) {
      const faults = consented ? [] : [...above, ...faultsOf(real, found)];
      return { real, exists: true, stat: { uid: found.uid, mode: found.mode }, faults };
    }
    const own = consented ? [] : faultsOf(real, { ...found, mode: found.mode & ~0o022 });
    const target = judge(resolve(dirname(real), look.readlink(real)), links + 1);
    // A pipe or a removed file that this process has open, as `<(command)` of a shell is: it has no path.
    if (!target.exists && /^\/proc\/\d+\/fd\/\d+$/.test(real) && look.exists(real))
      return { real, exists: true, faults: [] };
    return { ...target, faults: [...above, ...own, ...target.faults] };
  }

  /** What cannot be looked at cannot be read either, and reading it tells why. */
  function lstat(path: string): ReturnType<Disk['lstat']> | 'unknown' {
    try {
      return look.lstat(path);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? undefined : 'unknown';
    }
  }

  function faultsOf(path: string, { uid, gid, mode }: NonNullable<ReturnType<Disk['lstat']>>): Fault[] {
    // Whoever writes to a device writes into no file.
    if ((mode & TYPE) === DEVICE) return [];
    const fault = (why: Fault['why']): Fault[] => [{ path, uid, gid, mode: mode & 0o7777, why }];
    if (!who.uids.has(uid)) return fault('owner');
    if ((mode & 0o002) !== 0) return fault('everybody');
    return (mode & 0o020) !== 0 && !who.isPrivate(gid) ? fault('group') : [];
  }
}

function missing(real: string, faults: readonly Fault[]): Verdict {
  return { real, exists: false, faults };
}

/** The faults of what is in a folder, or will be: in one with the sticky bit others can put something beside it, no more. */
export function faultsWithin({ faults }: Verdict): readonly Fault[] {
  return faults.filter(({ mode, why }) => why === 'owner' || (mode & STICKY) === 0);
}

/** Is it a file, and no folder, pipe or device? */
export function isRegular({ stat }: Verdict): boolean {
  return stat !== undefined && (stat.mode & TYPE) === FILE;
}

/** Is it a folder, or something in it? */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}
