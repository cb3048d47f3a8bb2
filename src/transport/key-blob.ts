import { createHash } from 'node:crypto';

/** The type at the head of a public key in its binary form (RFC 4253, 6.6). */
export function typeOf(key: Buffer): string {
  return stringAt(key, 0)?.toString('latin1') ?? 'unknown';
}

/** As ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Bits of an RSA key's modulus; undefined for keys of other types, 0 for one that cannot be read. */
export function rsaBits(key: Buffer): number | undefined {
  const type = stringAt(key, 0);
  if (type?.toString('latin1') !== 'ssh-rsa') return undefined;
  const exponent = stringAt(key, 4 + type.length);
  const modulus = exponent && stringAt(key, 8 + type.length + exponent.length);
  if (!modulus) return 0;
  const first = modulus.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (modulus.length - first) * 8 - Math.clz32(modulus[first]!) + 24;
}

function stringAt(key: Buffer, at: number): Buffer | undefined {
  if (key.length < at + 4) return undefined;
  const end = at + 4 + key.readUInt32BE(at);
  return key.length < end ? undefined : key.subarray(at + 4, end);
}
