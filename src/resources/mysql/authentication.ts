import { TaskError } from '../../errors.js';
import { matchPassword, nativeHash } from './match-password.js';
import { quoteText } from './quote.js';

/** The parameters that say how an account proves itself. */
export interface Authentication {
  readonly name: string;
  readonly password?: string;
  readonly update_password?: 'always' | 'on_create';
  readonly plugin?: string;
  readonly plugin_auth_string?: string;
}

/** What the server keeps: the plugin and its stored string. */
export interface StoredAuthentication {
  readonly plugin: string;
  readonly stored: Buffer;
}

/**
 * What of an account's authentication is not as wanted.
 * @throws TaskError when a password is given for a plugin whose hash cannot be computed here
 */
export function passwordChange(
  wanted: Authentication,
  current: StoredAuthentication,
): 'password' | 'plugin' | undefined {
  const { password, plugin, plugin_auth_string: text } = wanted;
  // MariaDB leaves the plugin empty for an account that was never given one.
  if (plugin !== undefined && plugin !== (current.plugin || 'mysql_native_password')) return 'plugin';
  if (wanted.update_password === 'on_create') return undefined;
  if (text !== undefined) return current.stored.equals(Buffer.from(text, 'utf8')) ? undefined : 'password';
  if (password === undefined) return undefined;
  switch (matchPassword(current.plugin, current.stored, password)) {
    case 'same':
      return undefined;
    case 'different':
      return 'password';
    case 'unknown':
      if (plugin === undefined) return 'plugin';
      throw new TaskError(
        `the password of ${wanted.name} cannot be compared: ${plugin} keeps it in a form of its own`,
        {
          hint: 'give the stored string with plugin_auth_string, or set update_password: on_create',
        },
      );
  }
}

/**
 * The IDENTIFIED clause with a blank in front. MariaDB gets the hash where it can be computed here: statements stand as they
 * are in its binary log and its slow log. (MySQL takes passwords out of both by itself.)
 * @throws TaskError when nothing says how the account proves itself: it would be open to everyone
 */
export function authenticationClause(wanted: Authentication, flavor: 'mariadb' | 'mysql'): string {
  const { password, plugin, plugin_auth_string: text } = wanted;
  if (plugin === undefined) {
    if (password !== undefined) {
      return flavor === 'mariadb' && password !== ''
        ? ` IDENTIFIED BY PASSWORD ${quoteText(nativeHash(password))}`
        : ` IDENTIFIED BY ${quoteText(password)}`;
    }
    throw new TaskError(
      `the account ${wanted.name} would be open to everyone: it has neither password nor plugin`,
      {
        hint: "give a password (password: '' is an account without one) or a plugin such as unix_socket",
      },
    );
  }
  if (text !== undefined) return ` IDENTIFIED WITH ${plugin} AS ${quoteText(text)}`;
  if (password === undefined) return ` IDENTIFIED WITH ${plugin}`;
  if (flavor === 'mariadb' && plugin === 'mysql_native_password')
    return ` IDENTIFIED VIA ${plugin} USING ${quoteText(nativeHash(password))}`;
  return flavor === 'mariadb'
    ? ` IDENTIFIED VIA ${plugin} USING PASSWORD(${quoteText(password)})`
    : ` IDENTIFIED WITH ${plugin} BY ${quoteText(password)}`;
}
