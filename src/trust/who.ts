import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Who } from './path.js';

/** Names the folders, parted by `:`, in which everything is believed whoever owns it. */
export const CONSENT = 'PROVISION_TRUST';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Who runs this process, and whose files he believes besides his own and root's: those of who called him through sudo, and of who
 * owns the program, who could have it do anything as it is.
 * @param program its owner and, where a group can write to it, that group
 */
export function thisUser(env: Env, program?: { uid: number; gid: number; mode: number }): Who {
  const uid = process.geteuid?.() ?? 0;
  const caller = env['SUDO_UID'];
  const bySudo = uid === 0 && caller !== undefined && /^\d+$/.test(caller);
  const uids = new Set([uid, 0, ...(bySudo ? [Number(caller)] : []), ...(program ? [program.uid] : [])]);
  const ofProgram = program && (program.mode & 0o020) !== 0 ? [program.gid] : [];
  const consented = (env[CONSENT] ?? '').split(':').flatMap(realFolder);
  return { uid, uids, isPrivate: privateGroups(uids, ofProgram), consented };
}

/** Who runs this process, and root, alone: for what is run as code and can be made again. */
export function thisUserAlone(): Who {
  const uid = process.geteuid?.() ?? 0;
  const uids = new Set([uid, 0]);
  return { uid, uids, isPrivate: privateGroups(uids, []), consented: [] };
}

/** The name of a user or group, as far as this machine's files know it. */
export function nameOf(kind: 'user' | 'group', id: number): string {
  const [name] =
    entriesOf(kind === 'user' ? '/etc/passwd' : '/etc/group').find((entry) => entry[2] === String(id)) ?? [];
  return name ?? `${kind === 'user' ? 'uid' : 'gid'} ${id}`;
}

/** Root's own group counts as root does. */
function privateGroups(uids: ReadonlySet<number>, also: readonly number[]): Who['isPrivate'] {
  const known = new Map([0, ...also].map((gid) => [gid, true]));
  return (gid) => {
    const before = known.get(gid);
    if (before !== undefined) return before;
    const found = holdsOnly(gid, uids);
    known.set(gid, found);
    return found;
  };
}

/** A folder that is not there is no folder that anything could be in. */
function realFolder(path: string): string[] {
  if (!path.startsWith('/')) return [];
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}

/** `name:password:id:members` of a group, `name:password:id:group:...` of a user */
function entriesOf(file: string): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}

/**
 * Does a group hold nobody but these users, as the private group of a user does? Whose first group it is can be told where this
 * machine's files know all users. Elsewhere (LDAP, macOS) it has to be called like one of them, as private groups are.
 */
function holdsOnly(gid: number, uids: ReadonlySet<number>): boolean {
  const users = entriesOf('/etc/passwd');
  const names = new Set(users.flatMap(([name = '', , uid]) => (uids.has(Number(uid)) ? [name] : [])));
  const own = ownName();
  if (own !== undefined) names.add(own);
  const group = entriesOf('/etc/group').find(([, , id]) => id === String(gid)) ?? ask(gid);
  // Of a user without an entry, as in containers: his own group has his number.
  if (!group) return uids.has(gid);
  const [name = '', , , members = ''] = group;
  const isOthers = users.some(([, , uid, first]) => first === String(gid) && !uids.has(Number(uid)));
  const isOpen = members.split(',').some((member) => member !== '' && !names.has(member));
  return !isOthers && !isOpen && (names.has(name) || filesKnowAll());
}

/** A group that no file of this machine knows: of a directory service, perhaps. */
function ask(gid: number): string[] | undefined {
  const { stdout } = spawnSync('getent', ['group', String(gid)], { encoding: 'utf8', timeout: 5000 });
  return typeof stdout === 'string' && stdout !== '' ? stdout.trim().split(':') : undefined;
}

function filesKnowAll(): boolean {
  const [, sources = 'files'] =
    entriesOf('/etc/nsswitch.conf').find(([name]) => name?.trim() === 'passwd') ?? [];
  const known = ['files', 'compat', 'systemd', ''];
  return process.platform === 'linux' && sources.split(/\s+/).every((source) => known.includes(source));
}

function ownName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
