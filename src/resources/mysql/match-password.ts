import { createHash, timingSafeEqual } from 'node:crypto';
import { TaskError } from '../../errors.js';
import { sha256Crypt } from './sha256-crypt.js';

/**
 * Whether a stored authentication string belongs to a password. `unknown`: the plugin's hash cannot be computed here.
 * @param stored the bytes of mysql.user.authentication_string
 */
export function matchPassword(
  plugin: string,
  stored: Buffer,
  password: string,
): 'same' | 'different' | 'unknown' {
  // MariaDB leaves the plugin empty for an account that was never given one.
  if (plugin === '' || plugin === 'mysql_native_password') return compare(stored, nativeHash(password));
  if (plugin === 'caching_sha2_password') return compare(stored, cachingSha2Hash(stored, password));
  return 'unknown';
}

/** The hash of mysql_native_password: `*` and SHA1(SHA1(password)) in hex. An empty password has an empty one. */
export function nativeHash(password: string): string {
  if (password === '') return '';
  const once = createHash('sha1').update(password, 'utf8').digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}

/** The server's default is 5000. All other hosts wait while one password is hashed here. */
const MOST_ROUNDS = 100_000;

/** `$A$` + thousands of rounds in hex (three digits) + `$` + 20 bytes of salt + 43 characters of SHA-256-crypt. */
function cachingSha2Hash(stored: Buffer, password: string): string | undefined {
  if (password === '') return '';
  const head = /^\$A\$([0-9A-Fa-f]{3})\$/.exec(stored.toString('latin1'));
  if (!head || stored.length !== 70) return undefined;
  const rounds = Number.parseInt(head[1]!, 16) * 1000;
  if (rounds > MOST_ROUNDS) {
    throw new TaskError(`a password is stored with ${rounds} rounds of hashing, which is not tried here`, {
      hint: `set caching_sha2_password_digest_rounds of the server to ${MOST_ROUNDS} or less, and the password anew`,
    });
  }
  const salt = stored.subarray(7, 27);
  const hash = sha256Crypt(Buffer.from(password, 'utf8'), salt, rounds);
  return stored.subarray(0, 27).toString('latin1') + hash;
}

function compare(stored: Buffer, expected: string | undefined): 'same' | 'different' {
  if (expected === undefined) return 'different';
  const bytes = Buffer.from(expected, 'latin1');
  return stored.length === bytes.length && timingSafeEqual(stored, bytes) ? 'same' : 'different';
}
