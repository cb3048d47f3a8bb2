import { dirname, resolve } from 'node:path';
import { ConfigurationError } from '../errors.js';
import { createPathTest, faultsWithin, isWithin, type Fault, type Verdict, type Who } from './path.js';
import { CONSENT, nameOf } from './who.js';

/** Sees to it that nothing is used that somebody else could have written. */
export interface Trust {
  /** Look at something that is about to be used. What is there and not to be believed is taken down, and nothing is thrown. */
  note(path: string): Verdict;
  /** something was taken down */
  readonly faulty: boolean;
  /** @throws ConfigurationError that names all that was taken down */
  demand(): void;
  /** The same of what is used or made there. What is not to be believed is an error at once, with all that was taken down before. @throws ConfigurationError */
  require(path: string): Verdict;
  /** The same of the folder in which a file is put in place of whatever has its name. */
  requirePlaceOf(path: string): void;
  /** Why the file of a private key is not to be used, as ssh has it: others could have written it, or can read it. */
  problemOfKey(path: string): string | undefined;
  /**
   * Do something that reads files and notes them. Where one of them was not to be believed, that is what it fails with, whatever
   * else went wrong.
   */
  during<T>(work: () => T | Promise<T>): Promise<T>;
}

/** @param cwd relative paths start there, and messages name files relative to it */
export function createTrust(who: Who, cwd: string): Trust {
  const test = createPathTest(who);
  const noted = new Map<string, readonly Fault[]>();
  const demand = (): void => {
    if (noted.size > 0) throw distrust(noted, cwd);
  };
  return {
    demand,
    get faulty() {
      return noted.size > 0;
    },
    note(path) {
      const whole = resolve(cwd, path);
      const verdict = test(whole);
      if (verdict.exists && verdict.faults.length > 0) noted.set(whole, verdict.faults);
      return verdict;
    },
    require(path) {
      const whole = resolve(cwd, path);
      const verdict = test(whole);
      if (verdict.faults.length > 0) throw distrust(new Map([...noted, [whole, verdict.faults]]), cwd);
      return verdict;
    },
    requirePlaceOf(path) {
      const folder = dirname(resolve(cwd, path));
      const faults = faultsWithin(test(folder));
      if (faults.length > 0) throw distrust(new Map([...noted, [folder, faults]]), cwd);
    },
    problemOfKey(path) {
      const { faults, stat } = test(resolve(cwd, path));
      const [fault] = faults;
      if (fault) return `not used: ${describe(fault, new Map(), cwd)}`;
      // Root's key that he lets others read is his business; so ssh has it.
      const isOwn = stat !== undefined && (stat.uid !== 0 || who.uid === 0);
      if (!isOwn || (stat.mode & 0o077) === 0) return undefined;
      return `not used: others can read this private key (mode ${octal(stat.mode)}): chmod 600 it`;
    },
    async during(work) {
      try {
        return await work();
      } finally {
        demand();
      }
    },
  };
}

/** So many are named. */
const MOST = 20;

function distrust(noted: ReadonlyMap<string, readonly Fault[]>, cwd: string): ConfigurationError {
  const faults = [...new Map([...noted.values()].flat().map((fault) => [fault.path, fault])).values()];
  // What is in a folder of somebody is mostly theirs as well: the folder says it.
  const isSaid = (fault: Fault): boolean =>
    faults.some(
      ({ path, uid, why }) =>
        path !== fault.path &&
        isWithin(fault.path, path) &&
        uid === fault.uid &&
        why === 'owner' &&
        fault.why === 'owner',
    );
  const lines = faults.filter((fault) => !isSaid(fault)).map((fault) => describe(fault, noted, cwd));
  const more = lines.length > MOST ? [`and ${lines.length - MOST} more`] : [];
  const [first] = noted.keys();
  const what = noted.size === 1 ? shown(first ?? '', cwd) : `${noted.size} files and folders`;
  return new ConfigurationError(`${what} could have been written by somebody else`, {
    detail: [...lines.slice(0, MOST), ...more],
    hint: `give them to yourself or root, and take write permission from others (chown, chmod go-w); or, if you trust whoever can write there: ${CONSENT}=${consentFor(noted, cwd)}`,
  });
}

function describe(fault: Fault, noted: ReadonlyMap<string, readonly Fault[]>, cwd: string): string {
  const { path, uid, gid, mode } = fault;
  const why = {
    owner: 'neither you nor root own it',
    group: `the group ${nameOf('group', gid)} can write to it`,
    everybody: 'everybody can write to it',
  }[fault.why];
  const used = [...noted]
    .filter(([name, faults]) => name !== path && faults.includes(fault))
    .map(([name]) => name);
  const [one] = used;
  const through = one === undefined || noted.has(path) ? '' : `, and it leads to ${shown(one, cwd)}`;
  return `${shown(path, cwd)} (owner ${nameOf('user', uid)}, mode ${octal(mode)}): ${why}${through}`;
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** The folder that one is in, for what is in it, and the folders of the others. */
function consentFor(noted: ReadonlyMap<string, unknown>, cwd: string): string {
  return [...new Set([...noted.keys()].map((path) => (isWithin(path, cwd) ? cwd : dirname(path))))].join(':');
}

function shown(path: string, cwd: string): string {
  return path !== cwd && isWithin(path, cwd) && cwd !== '/' ? path.slice(cwd.length + 1) : path;
}
