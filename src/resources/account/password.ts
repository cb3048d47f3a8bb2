import type { UserAnswer } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import { TaskError } from '../../errors.js';
import type { Change } from '../resource.js';
import type { UserParams } from './user-params.js';

/** @throws TaskError for a password that is no hash, and when /etc/shadow cannot be read */
export function passwordChanges(params: UserParams, current: UserAnswer): Change[] {
  const { password, password_lock, name: subject, update_password } = params;
  if (password !== undefined && !looksHashed(password)) {
    throw new TaskError('`password` must be a hash, not the password itself', {
      hint: 'mkpasswd -m yescrypt makes one',
    });
  }
  const wantsPassword = password !== undefined && (!current.exists || update_password === 'always');
  if (!wantsPassword && password_lock === undefined) return [];
  if (current.exists && current.password === null) {
    throw new TaskError(`the password of ${subject} cannot be read`, { hint: 'become: true' });
  }
  const before = current.exists ? current.password! : '!';
  const changes: Change[] = [];
  if (wantsPassword && unlocked(before) !== unlocked(password)) {
    changes.push({
      subject,
      field: 'password',
      before: current.exists ? before : null,
      after: password,
      secret: true,
    });
  }
  if (password_lock !== undefined) {
    const after = changes.length > 0 ? password! : before;
    if (isLocked(after) !== password_lock) {
      changes.push({
        subject,
        field: 'password lock',
        before: password_lock ? 'unlocked' : 'locked',
        after: password_lock ? 'locked' : 'unlocked',
      });
    }
  }
  return changes;
}

/** The hash goes to chpasswd's standard input: an argument could be seen by every user of the host. */
export function passwordSteps(params: UserParams, changes: readonly Change[]): Step[] {
  const differs = (field: string): boolean => changes.some((change) => change.field === field);
  const steps: Step[] = [];
  if (differs('password')) {
    steps.push({
      kind: 'run',
      argv: ['chpasswd', '-e'],
      stdin: `${params.name}:${params.password}\n`,
      uninterruptible: true,
    });
  }
  if (differs('password lock')) {
    steps.push({
      kind: 'run',
      argv: ['usermod', params.password_lock ? '-L' : '-U', '--', params.name],
      uninterruptible: true,
    });
  }
  return steps;
}

/** crypt(5): `$id$…`, traditional DES (13 characters), or something that no password hashes to. */
function looksHashed(password: string): boolean {
  return /^(!*(\$[^:\s]+|[./0-9A-Za-z]{13})|[!*]+)$/.test(password);
}

function isLocked(password: string): boolean {
  return password.startsWith('!');
}

/** A lock is a `!` before the hash; `!` alone stays, as it is no hash. */
function unlocked(password: string): string {
  return password.replace(/^!+(?=.)/, '');
}
