import { createHash } from 'node:crypto';

/**
 * The SHA-256 password hash of Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512" (43 characters, without the
 * `$5$salt$` in front). Unlike crypt(3) the salt may have any length: MySQL uses 20 bytes.
 */
export function sha256Crypt(password: Buffer, salt: Buffer, rounds: number): string {
  const alternate = sha256(password, salt, password);
  const first = [password, salt, repeat(alternate, password.length)];
  for (let length = password.length; length > 0; length >>= 1) first.push(length & 1 ? alternate : password);
  const initial = sha256(...first);

  const passwordBlock = repeat(
    sha256(...Array.from({ length: password.length }, () => password)),
    password.length,
  );
  const saltBlock = repeat(sha256(...Array.from({ length: 16 + initial[0]! }, () => salt)), salt.length);

  let digest = initial;
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1;
    digest = sha256(
      odd ? passwordBlock : digest,
      round % 3 === 0 ? EMPTY : saltBlock,
      round % 7 === 0 ? EMPTY : passwordBlock,
      odd ? digest : passwordBlock,
    );
  }
  return encode(digest);
}

const EMPTY = Buffer.alloc(0);
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function repeat(block: Buffer, length: number): Buffer {
  return Buffer.alloc(length, block);
}

/** The specification's own base64: three bytes in a rotating order become four characters, lowest bits first. */
function encode(digest: Buffer): string {
  let text = '';
  let order: [number, number, number] = [0, 10, 20];
  for (let group = 0; group < 10; group++) {
    const [a, b, c] = order;
    text += characters((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4);
    order = [c + 1, a + 1, b + 1];
  }
  return text + characters((digest[31]! << 8) | digest[30]!, 3);
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => ALPHABET[(value >> (6 * index)) & 63]!).join('');
}
