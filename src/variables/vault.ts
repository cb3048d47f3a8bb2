import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { ConfigurationError, type Position } from '../errors.js';

/** Does a text hold a vault (`$ANSIBLE_VAULT;…`)? */
export function isVault(text: string): boolean {
  return text.startsWith('$ANSIBLE_VAULT;');
}

/**
 * The plain text of an Ansible vault, format 1.1 or 1.2 (which adds a label that is not needed here): AES-256 in counter
 * mode with PKCS#7 padding; an HMAC-SHA-256 over the ciphertext; keys and counter from PBKDF2-SHA-256 with 10,000 rounds.
 * @throws ConfigurationError when the password is wrong or the text is damaged
 */
export function openVault(ciphertext: string, password: string, position?: Position): string {
  const { salt, digest, encrypted } = readEnvelope(ciphertext, position);
  const derived = pbkdf2Sync(password, salt, 10_000, 80, 'sha256');
  const expected = createHmac('sha256', derived.subarray(32, 64)).update(encrypted).digest();
  if (digest.length !== expected.length || !timingSafeEqual(digest, expected)) {
    throw new ConfigurationError('the vault cannot be opened: the password is wrong or the text is damaged', {
      position,
      hint: 'Check the file given with --vault-password-file.',
    });
  }
  const decipher = createDecipheriv('aes-256-ctr', derived.subarray(0, 32), derived.subarray(64, 80));
  const padded = Buffer.concat([decipher.update(encrypted), decipher.final()]);
  return padded.subarray(0, padded.length - (padded.at(-1) ?? 0)).toString('utf8');
}

interface Envelope {
  readonly salt: Buffer;
  readonly digest: Buffer;
  readonly encrypted: Buffer;
}

function readEnvelope(ciphertext: string, position: Position | undefined): Envelope {
  const [header = '', ...rest] = ciphertext.trim().split(/\r?\n/);
  const [, version, cipher] = header.split(';').map((part) => part.trim());
  if (!isVault(header) || !['1.1', '1.2'].includes(version ?? '') || cipher !== 'AES256') {
    throw new ConfigurationError(`this vault's format is not known: ${header.slice(0, 60)}`, {
      position,
      hint: 'Known are $ANSIBLE_VAULT;1.1;AES256 and $ANSIBLE_VAULT;1.2;AES256;label.',
    });
  }
  const body = rest.map((line) => line.trim()).join('');
  const [salt, digest, encrypted, ...more] = unhex(body)
    ?.toString('latin1')
    .split('\n')
    .map((part) => unhex(part)) ?? [undefined];
  if (!salt || !digest || !encrypted || more.length > 0) {
    throw new ConfigurationError('the vault is damaged: its text is not what a vault holds', {
      position,
      hint: 'Was it indented or cut off when it was pasted? Encrypt the value again.',
    });
  }
  return { salt, digest, encrypted };
}

function unhex(text: string): Buffer | undefined {
  return text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}
