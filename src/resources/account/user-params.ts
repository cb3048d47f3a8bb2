import type { Answers, Query, ScriptQuery, UserAnswer, UserQuery } from '../../agent/query.js';
import type { Place } from '../../agent/step.js';
import { MissingPrerequisiteError } from '../../errors.js';

/** The parameters of `user`. */
export interface UserParams {
  readonly name: string;
  readonly state: 'present' | 'absent';
  readonly uid?: number;
  readonly group?: string | number;
  readonly groups?: string | readonly string[];
  readonly append: boolean;
  readonly comment?: string;
  readonly home?: string;
  readonly move_home: boolean;
  readonly create_home: boolean;
  readonly shell?: string;
  readonly system: boolean;
  readonly password?: string;
  readonly update_password: 'always' | 'on_create';
  readonly password_lock?: boolean;
  readonly remove: boolean;
  readonly force: boolean;
}

/**
 * The user, the groups it shall be in, and the group of its own name, which useradd would stumble over; and, in a second round, where root
 * would make, move or remove a home folder, whether that is root's to do.
 */
export function userQueries(params: UserParams, known: Answers): Query[] {
  const user: UserQuery = { kind: 'user', name: params.name };
  const homes = known.has(user) ? homesQuery(params, known.get<'user'>(user)) : undefined;
  if (params.state === 'absent') return [user, ...(homes ? [homes] : [])];
  const named = [params.group ?? params.name, ...(listedGroups(params) ?? [])].map(String);
  const names = new Set(named.filter((name) => !/^\d+$/.test(name)));
  return [user, ...[...names].map((name): Query => ({ kind: 'group', name })), ...(homes ? [homes] : [])];
}

/** @throws TaskError where the programs that manage accounts would work as root in a folder of a user's */
export function requireHomes(params: UserParams, answers: Answers): void {
  const homes = homesQuery(params, answers.get<'user'>({ kind: 'user', name: params.name }));
  if (homes) answers.get<'script'>(homes);
}

/** useradd, usermod and userdel follow links on the way to a home folder. Its answer is a refusal where others could put one there. */
function homesQuery(params: UserParams, current: UserAnswer): ScriptQuery | undefined {
  const paths = [...new Set(worksIn(params, current))].map((path) => path.replace(/(?<=.)\/+$/, ''));
  if (paths.length === 0) return undefined;
  return {
    kind: 'script',
    code: ':',
    at: [{ path: '/', how: 'entry' }, ...paths.map((path): Place => ({ path, how: 'entry' }))],
  };
}

/** The home folders that are made, moved, given to another uid or removed. */
function worksIn(params: UserParams, current: UserAnswer): string[] {
  const { home, create_home, move_home, remove, state, uid } = params;
  if (state === 'absent') return current.exists && remove ? [current.home] : [];
  if (!current.exists) return home !== undefined && create_home ? [home] : [];
  const moves = move_home && home !== undefined && home !== current.home;
  const renumbered = uid !== undefined && uid !== current.uid;
  return [...(moves ? [current.home, home] : []), ...(renumbered ? [current.home] : [])];
}

/**
 * The supplementary groups that are wanted, sorted; undefined: not managed.
 * @throws MissingPrerequisiteError when one of them, or the primary group, does not exist
 */
export function supplementaryGroups(params: UserParams, answers: Answers): string[] | undefined {
  const listed = listedGroups(params);
  const named = [...(params.group === undefined ? [] : [String(params.group)]), ...(listed ?? [])];
  for (const name of named.filter((one) => !/^\d+$/.test(one))) {
    if (!answers.get<'group'>({ kind: 'group', name }).exists) {
      throw new MissingPrerequisiteError(`the group "${name}" does not exist`, {
        hint: 'make it with `group` in an earlier task',
      });
    }
  }
  return listed && [...new Set(listed)].sort();
}

function listedGroups({ groups }: UserParams): string[] | undefined {
  return groups === undefined
    ? undefined
    : [groups]
        .flat()
        .flatMap((one) => one.split(','))
        .filter((one) => one !== '');
}
