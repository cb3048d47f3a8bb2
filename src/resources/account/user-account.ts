import type { Answers, UserAnswer } from '../../agent/query.js';
import type { RunStep } from '../../agent/step.js';
import type { Change } from '../resource.js';
import { supplementaryGroups, type UserParams } from './user-params.js';

/** What differs in /etc/passwd and /etc/group; all that is given where there is no such user yet. */
export function userChanges(params: UserParams, current: UserAnswer, answers: Answers): Change[] {
  const subject = params.name;
  const changes: Change[] = current.exists
    ? []
    : [{ subject, field: 'state', before: null, after: 'present' }];
  const compare = (field: string, before: unknown, after: unknown): void => {
    if (after !== undefined && before !== after)
      changes.push({ subject, field, before: before ?? null, after });
  };
  const user = current.exists ? current : undefined;
  compare('uid', user?.uid, params.uid);
  compare(
    'group',
    primaryGroup(params, current),
    params.group === undefined ? undefined : String(params.group),
  );
  const groups = supplementaryGroups(params, answers);
  if (groups) {
    // Whether the primary group is listed as well makes no difference to what the user may do.
    const primary = params.group === undefined ? user?.group : String(params.group);
    const others = (names: readonly string[]): string[] => names.filter((one) => one !== primary).sort();
    const before = others(user?.groups ?? []);
    const after = params.append ? [...new Set([...before, ...others(groups)])].sort() : others(groups);
    if (user || after.length > 0) compare('groups', user ? before.join(',') : null, after.join(','));
  }
  compare('comment', user?.comment, params.comment);
  compare('home', user?.home, params.home);
  compare('shell', user?.shell, params.shell);
  return changes;
}

export function createUser(params: UserParams, answers: Answers): RunStep[] {
  const { name, uid, comment, home, shell, system, create_home } = params;
  const ownGroup =
    answers.has({ kind: 'group', name }) && answers.get<'group'>({ kind: 'group', name }).exists;
  const group = params.group ?? (ownGroup ? name : undefined);
  const groups = supplementaryGroups(params, answers) ?? [];
  return [
    step([
      'useradd',
      ...(system ? ['-r'] : []),
      ...(uid === undefined ? [] : ['-u', String(uid)]),
      ...(group === undefined ? [] : ['-g', String(group)]),
      ...(groups.length === 0 ? [] : ['-G', groups.join(',')]),
      ...(comment === undefined ? [] : ['-c', comment]),
      ...(home === undefined ? [] : ['-d', home]),
      ...(shell === undefined ? [] : ['-s', shell]),
      create_home ? '-m' : '-M',
      '--',
      name,
    ]),
  ];
}

export function modifyUser(params: UserParams, changes: readonly Change[], answers: Answers): RunStep[] {
  const differs = (field: string): boolean => changes.some((change) => change.field === field);
  const option = (field: string, flags: string[]): string[] => (differs(field) ? flags : []);
  const options = [
    ...option('uid', ['-u', String(params.uid)]),
    ...option('group', ['-g', String(params.group)]),
    ...option('groups', [
      ...(params.append ? ['-a'] : []),
      '-G',
      (supplementaryGroups(params, answers) ?? []).join(','),
    ]),
    ...option('comment', ['-c', params.comment ?? '']),
    ...option('home', ['-d', params.home ?? '', ...(params.move_home ? ['-m'] : [])]),
    ...option('shell', ['-s', params.shell ?? '']),
  ];
  return options.length === 0 ? [] : [step(['usermod', ...options, '--', params.name])];
}

/** In the form in which the wanted group is given: by name or by number. */
function primaryGroup(params: UserParams, current: UserAnswer): string | undefined {
  if (!current.exists) return undefined;
  return /^\d+$/.test(String(params.group)) ? String(current.gid) : current.group;
}

/** The account files are written one after the other: half an account is worse than an unwatched change. */
function step(argv: string[]): RunStep {
  return { kind: 'run', argv, uninterruptible: true };
}
