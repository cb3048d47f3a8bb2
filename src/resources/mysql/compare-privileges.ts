import { ALL, GRANT_OPTION, type Privileges, formatPrivileges } from './privileges.js';

/** How the privileges on one target differ, and the statements that mend it (`ACCOUNT` quoted as SQL names it). */
export interface PrivilegeDifference {
  readonly target: string;
  /** as SQL lists them; null: none */
  readonly before: string | null;
  readonly after: string | null;
  readonly statements: readonly string[];
}

/**
 * Hold the wanted privileges against those that an account has. Without `append` whatever is not wanted is revoked.
 */
export function comparePrivileges(
  wanted: Privileges,
  current: Privileges,
  { account, append }: { readonly account: string; readonly append: boolean },
): PrivilegeDifference[] {
  const targets = new Set([...wanted.keys(), ...(append ? [] : current.keys())]);
  return [...targets].flatMap((target) => {
    const before = expandAll(target, current.get(target) ?? NONE);
    const named = expandAll(target, wanted.get(target) ?? NONE);
    const after = append ? new Set([...named, ...before]) : named;
    const statements = statementsFor(target, { before, after, account });
    if (statements.length === 0) return [];
    return [{ target, before: shown(before), after: shown(after), statements }];
  });
}

const NONE: ReadonlySet<string> = new Set();

function statementsFor(
  target: string,
  { before, after, account }: { before: ReadonlySet<string>; after: ReadonlySet<string>; account: string },
): string[] {
  const grant = (names: readonly string[]): string => {
    const list = names.filter((name) => name !== GRANT_OPTION);
    const suffix = names.includes(GRANT_OPTION) ? ' WITH GRANT OPTION' : '';
    // GRANT OPTION alone needs a privilege beside it; those that are there may be granted again.
    const beside = list.length > 0 ? list : [...after].filter((name) => name !== GRANT_OPTION);
    return `GRANT ${formatPrivileges(beside) || 'USAGE'} ON ${target} TO ${account}${suffix}`;
  };
  const revoke = (names: readonly string[]): string =>
    `REVOKE ${formatPrivileges(names)} ON ${target} FROM ${account}`;

  if (before.has(ALL) && !after.has(ALL)) {
    const option = before.has(GRANT_OPTION) && !after.has(GRANT_OPTION) ? [revoke([GRANT_OPTION])] : [];
    return [revoke([ALL]), ...option, ...(after.size > 0 ? [grant([...after])] : [])];
  }
  const covered = (name: string, by: ReadonlySet<string>): boolean =>
    by.has(name) || (by.has(ALL) && name !== GRANT_OPTION);
  const missing = [...after].filter((name) => !covered(name, before));
  const extra = [...before].filter((name) => !covered(name, after));
  return [...(missing.length > 0 ? [grant(missing)] : []), ...(extra.length > 0 ? [revoke(extra)] : [])];
}

function shown(names: ReadonlySet<string>): string | null {
  return names.size === 0 ? null : formatPrivileges(names);
}

/** MySQL 8 and later list ALL on *.* as its parts, and dynamic privileges beside them. */
const STATIC = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'RELOAD',
  'SHUTDOWN',
  'PROCESS',
  'FILE',
  'REFERENCES',
  'INDEX',
  'ALTER',
  'SHOW DATABASES',
  'SUPER',
  'CREATE TEMPORARY TABLES',
  'LOCK TABLES',
  'EXECUTE',
  'REPLICATION SLAVE',
  'REPLICATION CLIENT',
  'CREATE VIEW',
  'SHOW VIEW',
  'CREATE ROUTINE',
  'ALTER ROUTINE',
  'CREATE USER',
  'EVENT',
  'TRIGGER',
  'CREATE TABLESPACE',
  'CREATE ROLE',
  'DROP ROLE',
];

function expandAll(target: string, names: ReadonlySet<string>): ReadonlySet<string> {
  const all = names.has(ALL) || (target === '*.*' && STATIC.every((name) => names.has(name)));
  if (!all) return names;
  return new Set(names.has(GRANT_OPTION) ? [ALL, GRANT_OPTION] : [ALL]);
}
