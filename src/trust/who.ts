import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
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
  const uids = usersOf(uid, env);
  if (program) uids.add(program.uid);
  const groups = new Map<number, boolean>([[0, true]]);
  if (program && (program.mode & 0o020) !== 0) groups.set(program.gid, true);
  return {
    uid,
    uids,
    isPrivate(gid) {
      const before = groups.get(gid);
      if (before !== undefined) return before;
      const found = holdsOnly(gid, uids);
      groups.set(gid, found);
      return found;
    },
    consented: (env[CONSENT] ?? '').split(':').flatMap(realFolder),
  };
}

/** Who runs this process, and root, alone: for what is run as code and can be made again. */
export function thisUserAlone(): Who {
  const uid = process.geteuid?.() ?? 0;
  return { uid, uids: new Set([uid, 0]), isPrivate: () => false, consented: [] };
}

/** The name of a user or group, as far as this machine's files know it. */
export function nameOf(kind: 'user' | 'group', id: number): string {
  const [name] =
    entriesOf(kind === 'user' ? '/etc/passwd' : '/etc/group').find((entry) => entry[2] === String(id)) ?? [];
  return name ?? `${kind === 'user' ? 'uid' : 'gid'} ${id}`;
}

function usersOf(uid: number, env: Env): Set<number> {
  const caller = env['SUDO_UID'];
  return new Set([
    uid,
    0,
    ...(uid === 0 && caller !== undefined && /^\d+$/.test(caller) ? [Number(caller)] : []),
  ]);
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

/** A group that no file of this machine knows: of a directory service, perhaps. */
function ask(gid: number): string[][] {
  const { stdout } = spawnSync('getent', ['group', String(gid)], { encoding: 'utf8', timeout: 5000 });
  return typeof stdout === 'string' && stdout !== '' ? [stdout.trim().split(':')] : [];
}

/** Does a group hold nobody but these users, as the private group of a user does? */
function holdsOnly(gid: number, uids: ReadonlySet<number>): boolean {
  const users = entriesOf('/etc/passwd');
  const names = new Set(users.flatMap(([name = '', , uid]) => (uids.has(Number(uid)) ? [name] : [])));
  const local = entriesOf('/etc/group').filter(([, , id]) => id === String(gid));
  const [group] = local.length > 0 ? local : ask(gid);
  // Of a user without an entry, as in containers: his own group has his number.
  if (!group) return uids.has(gid);
  const members = (group[3] ?? '').split(',').filter((name) => name !== '');
  const others = users.some(([, , uid, primary]) => primary === String(gid) && !uids.has(Number(uid)));
  // A directory does not tell whose first group it is; a private one is called like its user.
  const isTheirs = local.length > 0 || names.has(group[0] ?? '') || members.length > 0;
  return isTheirs && !others && members.every((name) => names.has(name));
}
