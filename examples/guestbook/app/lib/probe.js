import { createHash, randomBytes } from 'node:crypto';

/**
 * A check that writes must be able to clean up after itself, and nobody else may delete. So an entry that is sent with the
 * header `X-Probe: create` is not shown in the list and gets a random token; the token is told once, in the answer, and
 * deletes that one entry when it is sent as `X-Probe`. The database holds its hash only.
 */
export function newProbe() {
  const token = randomBytes(24).toString('base64url');
  return { token, hash: hashProbe(token) };
}

export function hashProbe(token) {
  return createHash('sha256').update(token).digest();
}
