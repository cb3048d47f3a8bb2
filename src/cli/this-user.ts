import { statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { ConfigurationError } from '../errors.js';
import { packageFile } from '../package-file.js';
import { createTrust, type Trust } from '../trust/trust.js';
import { thisUser } from '../trust/who.js';
import type { Io } from './io.js';

/** What the user who runs this may believe. */
export function trustOf(io: Pick<Io, 'env' | 'cwd'>): Trust {
  return createTrust(thisUser(io.env, statSync(packageFile('package.json'))), io.cwd);
}

/** The effective user id. */
export function userId(): number {
  return process.geteuid?.() ?? 0;
}

/** Who runs this, for people. A user without an entry in passwd, as in containers, has no name but his number. */
export function userName(): string {
  return nameOfUser() ?? `uid-${userId()}`;
}

/** @throws ConfigurationError where nobody knows the name to log in with */
export function loginName(): string {
  const name = nameOfUser();
  if (name !== undefined) return name;
  throw new ConfigurationError(
    `the user to log in as is not known: uid ${userId()} has no name on this machine`,
    {
      hint: 'set ansible_user in the inventory, or give one with -u',
    },
  );
}

/** `/` for a user without one, as container engines have it. */
export function homeOf(env: Io['env']): string {
  const given = env['HOME'];
  if (given !== undefined && given !== '') return given;
  try {
    return homedir();
  } catch {
    return '/';
  }
}

function nameOfUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
