import { createHmac, timingSafeEqual } from 'node:crypto';

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

/** A list matches if one of its patterns does and no negated one (`!pattern`) does. */
function matches(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('|')) matched ||= matchesHash(pattern, name);
    else if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else matched ||= matchesPattern(pattern, name);
  }
  return matched;
}

/** `*` any text, `?` any character. Only the last star is ever taken back: many of them cost no more than one. */
function matchesPattern(given: string, name: string): boolean {
  const pattern = given.toLowerCase();
  let [at, inName, star, restart] = [0, 0, -1, 0];
  while (inName < name.length) {
    if (pattern[at] === '*') [star, at, restart] = [at, at + 1, inName];
    else if (pattern[at] === '?' || pattern[at] === name[inName]) [at, inName] = [at + 1, inName + 1];
    else if (star >= 0) [at, restart, inName] = [star + 1, restart + 1, restart + 1];
    else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt as key. */
function matchesHash(pattern: string, name: string): boolean {
  const [, version, salt, hash] = pattern.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
