import { existsSync, readFileSync } from 'node:fs';
import ssh2, { type ParsedKey } from 'ssh2';
import { UnreachableError } from '../errors.js';
import { ALGORITHMS } from './algorithms.js';
import type { ConnectOptions } from './connect.js';
import { rsaBits } from './key-blob.js';
import { isPkcs8, parsePkcs8Key } from './pkcs8.js';
import type { SshTarget } from './target.js';

const { utils } = ssh2;

/** Parsed keys by file; asked for once a process, however many hosts use them. */
const keys = new Map<string, Promise<ParsedKey>>();

/**
 * The private key in a file, ready to sign for this host as far as its options allow.
 * @throws UnreachableError with the reason why it cannot be used
 */
export async function readUserKey(
  file: string,
  target: SshTarget,
  options: ConnectOptions,
): Promise<ParsedKey> {
  const known = keys.get(file) ?? parseKey(file, options);
  keys.set(file, known);
  // A wrong passphrase may be right the next time.
  known.catch(() => keys.delete(file));
  const key = await known;
  const reason = unfit(key, target);
  if (reason !== undefined) throw new UnreachableError(reason);
  return guarded(key, target);
}

/** Why the options of a host rule a key out; undefined where they do not. */
export function unfit(key: ParsedKey, target: SshTarget): string | undefined {
  const bits = rsaBits(key.getPublicSSH());
  const least = Math.max(1024, target.requiredRsaSize ?? 0);
  if (bits !== undefined && bits < least) return `it is an RSA key of ${bits} bits; ${least} are required`;
  const names = key.type === 'ssh-rsa' ? ['rsa-sha2-256', 'rsa-sha2-512'] : [key.type];
  const accepted = acceptedBy(target);
  return names.some((name) => accepted.includes(name))
    ? undefined
    : `signatures of type ${names.join(' or ')} are not among ${accepted.join(', ')} (PubkeyAcceptedAlgorithms)`;
}

/** Why a signature may not be made: ssh2 falls back to SHA-1 where a host does not say that it knows better. */
export function refusedSignature(
  type: string,
  hash: string | undefined,
  target: SshTarget,
): Error | undefined {
  if (type !== 'ssh-rsa') return undefined;
  const name = { sha256: 'rsa-sha2-256', sha512: 'rsa-sha2-512' }[hash ?? 'sha1'];
  if (name === undefined)
    return new Error('the host wants a signature with SHA-1 (ssh-rsa), which is broken');
  if (acceptedBy(target).includes(name)) return undefined;
  return new Error(`the host wants ${name}, which PubkeyAcceptedAlgorithms leaves out`);
}

/** Where the certificate of a key would be, when there is one: ssh offers it by itself, and some hosts take nothing else. */
export function certificateBeside(file: string): string | undefined {
  return existsSync(`${file}-cert.pub`) ? `${file}-cert.pub` : undefined;
}

function acceptedBy(target: SshTarget): readonly string[] {
  return target.algorithms?.PubkeyAcceptedAlgorithms ?? ALGORITHMS.PubkeyAcceptedAlgorithms;
}

function guarded(key: ParsedKey, target: SshTarget): ParsedKey {
  return Object.create(key, {
    sign: {
      value: (data: Buffer | string, hash?: string) =>
        refusedSignature(key.type, hash, target) ?? key.sign(data, hash),
    },
  }) as ParsedKey;
}

async function parseKey(file: string, options: ConnectOptions): Promise<ParsedKey> {
  const problem = options.trust?.problemOfKey(file);
  if (problem !== undefined) throw new UnreachableError(problem);
  const text = readFileSync(file);
  const special = unsupported(text);
  if (special !== undefined) throw new UnreachableError(special);
  if (isPkcs8(text)) return first(await parsePkcs8Key(text, () => passphraseOf(file, options)));
  const parsed = utils.parseKey(text);
  if (!(parsed instanceof Error)) return first(parsed);
  if (!/encrypted|passphrase/i.test(parsed.message))
    throw new UnreachableError(`not a private key that can be read (${parsed.message})`);
  const opened = utils.parseKey(text, await passphraseOf(file, options));
  if (opened instanceof Error) throw new UnreachableError('the passphrase is wrong');
  return first(opened);
}

function passphraseOf(file: string, { prompt }: ConnectOptions): Promise<string> {
  if (prompt) return prompt(`Passphrase of ${file}: `);
  throw new UnreachableError(
    'it is encrypted and nobody can be asked for the passphrase: add it to ssh-agent',
  );
}

/** Kinds of keys that ssh has and ssh2 does not. The public half of a private key is readable, whatever its passphrase is. */
function unsupported(text: Buffer): string | undefined {
  const plain = text.toString('latin1');
  // eslint-disable-next-line regexp/no-super-linear-backtracking -- a file of the user's own
  const [, body] = /^-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END/m.exec(plain) ?? [];
  const shown = body === undefined ? plain.slice(0, 200) : Buffer.from(body, 'base64').toString('latin1');
  const [type] = /\bsk-[a-z0-9-]+@openssh\.com/.exec(shown) ?? [];
  if (type !== undefined)
    return `it is a FIDO key (${type}), which is not supported here: name a key of another type for this host`;
  if (/^[a-z0-9-]+-cert-v0\d@openssh\.com /.test(plain))
    return 'it is a certificate, which is not supported here: name the private key, and let the host take that';
  return undefined;
}

function first(parsed: ParsedKey | ParsedKey[]): ParsedKey {
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key) throw new UnreachableError('it holds no key');
  if (!key.isPrivateKey()) throw new UnreachableError('it is a public key: name the private one beside it');
  return key;
}

/** The public keys of files, in binary: of `FILE.pub`, else of FILE itself. What cannot be read has none. */
export function publicKeysOf(privateKeyFiles: readonly string[]): Buffer[] {
  return privateKeyFiles.flatMap((file) => {
    for (const name of [`${file}.pub`, file]) {
      const key = publicKeyIn(name);
      if (key !== undefined) return [key];
    }
    return [];
  });
}

function publicKeyIn(file: string): Buffer | undefined {
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch {
    return undefined; // its turn among the key files comes, and says why
  }
  const parsed = utils.parseKey(text);
  return parsed instanceof Error ? undefined : [parsed].flat()[0]?.getPublicSSH();
}
