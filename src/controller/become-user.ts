import type { BecomeUser } from './session.js';

/** Between the user's name and the properties. Neither can hold it. */
const BETWEEN = '\n';

/** A user whose work is done in a systemd unit with these properties (`NoNewPrivileges=yes`). None: as it is. */
export function sandboxed(user: string, properties: readonly string[]): string {
  return [user, ...properties].join(BETWEEN);
}

/** The user's name alone, for people. */
export function userName(user: string): string {
  return user.split(BETWEEN, 1)[0]!;
}

/** The user's name and the properties of the unit; undefined: the login user. */
export function becomeParts(
  user: BecomeUser,
): { readonly user: string; readonly sandbox: readonly string[] } | undefined {
  if (user === undefined) return undefined;
  const [name = '', ...sandbox] = user.split(BETWEEN);
  return { user: name, sandbox };
}
