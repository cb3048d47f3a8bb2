import type { Answers, SqlQuery } from '../../agent/query.js';
import { readForeignJson } from '../../foreign-json.js';
import { rowsOf } from './client.js';
import { matchPassword, nativeHash } from './match-password.js';
import { quoteText } from './quote.js';

export type Flavor = 'mariadb' | 'mysql';

/** A password that an account may still log in with beside its present one, as the server keeps it. */
export interface KeptPassword {
  readonly plugin: string;
  readonly stored: Buffer;
}

/** Each server keeps them in a place of its own; the statement of the other one fails there, and is not looked at. */
export function keptQueries(user: string): SqlQuery[] {
  return [keptQuery(user, 'mariadb'), keptQuery(user, 'mysql')];
}

/** What accounts of a name keep, by their hosts in lower case. */
export function keptPasswords(answers: Answers, user: string, flavor: Flavor): Map<string, KeptPassword[]> {
  const rows = rowsOf(answers, keptQuery(user, flavor));
  return new Map(
    rows.map(([host, kept]) => [
      (host ?? '').toLowerCase(),
      kept === null || kept === undefined
        ? []
        : flavor === 'mariadb'
          ? readAlternatives(kept)
          : [{ plugin: 'caching_sha2_password', stored: Buffer.from(kept, 'hex') }],
    ]),
  );
}

/** @param wanted the former password; empty: none shall be kept */
export function keepsAsWanted(wanted: string, kept: readonly KeptPassword[]): boolean {
  if (wanted === '') return kept.length === 0;
  const [only, ...others] = kept;
  return (
    only !== undefined && others.length === 0 && matchPassword(only.plugin, only.stored, wanted) === 'same'
  );
}

/**
 * Statements after which an account that is there has both passwords. At no moment between them is one refused that was taken
 * before and shall be taken afterwards.
 * @param current the password that is in force: whether it is the former one
 */
export function keepFormer(
  account: string,
  given: { readonly password: string; readonly former: string },
  { flavor, current }: { readonly flavor: Flavor; readonly current: 'former' | 'other' },
): string[] {
  const [password, former] = [quoteText(given.password), quoteText(given.former)];
  if (flavor === 'mariadb') return [`ALTER USER ${account}${eitherOf(given)}`];
  const retained = (text: string): string =>
    `ALTER USER ${account} IDENTIFIED BY ${text} RETAIN CURRENT PASSWORD`;
  return [...(current === 'former' ? [] : [retained(former)]), retained(password)];
}

/** MariaDB's clause for an account that takes either of two passwords, with a blank in front. It writes statements to its logs: hashes. */
export function eitherOf({
  password,
  former,
}: {
  readonly password: string;
  readonly former: string;
}): string {
  const by = (text: string): string => `mysql_native_password USING ${quoteText(nativeHash(text))}`;
  return ` IDENTIFIED VIA ${by(password)} OR ${by(former)}`;
}

function keptQuery(user: string, flavor: Flavor): SqlQuery {
  const name = quoteText(user);
  return {
    kind: 'sql',
    sql:
      flavor === 'mariadb'
        ? `SELECT host, JSON_EXTRACT(priv, '$.auth_or') FROM mysql.global_priv WHERE user = ${name}`
        : `SELECT host, HEX(JSON_UNQUOTE(JSON_EXTRACT(user_attributes, '$.additional_password'))) FROM mysql.user WHERE user = ${name}`,
  };
}

/** MariaDB's list of ways to log in; the empty object in it stands for the first one, which is kept elsewhere. */
function readAlternatives(json: string): KeptPassword[] {
  const list = readForeignJson(json);
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: { plugin?: unknown; authentication_string?: unknown } | null) => {
    if (typeof one?.plugin !== 'string') return [];
    const stored = typeof one.authentication_string === 'string' ? one.authentication_string : '';
    return [{ plugin: one.plugin, stored: Buffer.from(stored, 'utf8') }];
  });
}
