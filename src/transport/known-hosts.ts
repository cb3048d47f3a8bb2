import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { matchesPatternList } from './pattern-list.js';

/** A line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownKey {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** patterns, or one hashed name */
  readonly hosts: readonly string[];
  readonly type: string;
  /** base64 */
  readonly key: string;
  readonly file: string;
  readonly line: number;
}

export type Pin = Omit<KnownKey, 'hosts'>;

/** The keys of a file. Lines that are none are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownKey[] {
  return text.split('\n').flatMap((raw, index) => {
    const words = raw.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) return [];
    const marker =
      words[0] === '@revoked' ? 'revoked' : words[0] === '@cert-authority' ? 'cert-authority' : undefined;
    const [hosts, type, key] = marker === undefined ? words : words.slice(1);
    if (hosts === undefined || type === undefined || key === undefined) return [];
    return [{ marker, hosts: hosts.split(','), type, key, file, line: index + 1 }];
  });
}

/** What is pinned for a host and port. */
export function findPins(known: readonly KnownKey[], host: string, port: number): Pin[] {
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  return known.filter((one) => matches(one.hosts, name));
}

/** As any list of patterns; one that starts with `|` is a hashed name. */
function matches(patterns: readonly string[], name: string): boolean {
  const [hashed, plain] = [
    patterns.filter((one) => one.startsWith('|')),
    patterns.filter((one) => !one.startsWith('|')).map((one) => one.toLowerCase()),
  ];
  return matchesPatternList(plain, name) || hashed.some((one) => matchesHash(one, name));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt as key. */
function matchesHash(pattern: string, name: string): boolean {
  const [, version, salt, hash] = pattern.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = hashOf(name, Buffer.from(salt, 'base64'));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** A name as a line holds it with `HashKnownHosts yes`: who reads the file does not learn which hosts it is about. */
export function hashedName(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${hashOf(name.toLowerCase(), salt).toString('base64')}`;
}

/** The form of OpenSSH's files. SHA-1 hides names here and vouches for nothing. */
function hashOf(name: string, salt: Buffer): Buffer {
  return createHmac('sha1', salt).update(name).digest();
}
