import type { Answers, Query } from '../../agent/query.js';
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

/** The user, the groups it shall be in, and the group of its own name, which useradd would stumble over. */
export function userQueries(params: UserParams): Query[] {
  const user: Query = { kind: 'user', name: params.name };
  if (params.state === 'absent') return [user];
  const named = [params.group ?? params.name, ...(listedGroups(params) ?? [])].map(String);
  const names = new Set(named.filter((name) => !/^\d+$/.test(name)));
  return [user, ...[...names].map((name): Query => ({ kind: 'group', name }))];
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
