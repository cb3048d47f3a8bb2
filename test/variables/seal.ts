import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** The other direction, written from the format's description. */
export function seal(plain: string, password: string, header = '$ANSIBLE_VAULT;1.1;AES256'): string {
  const salt = randomBytes(32);
  const derived = pbkdf2Sync(password, salt, 10_000, 80, 'sha256');
  const text = Buffer.from(plain, 'utf8');
  const fill = 16 - (text.length % 16);
  const cipher = createCipheriv('aes-256-ctr', derived.subarray(0, 32), derived.subarray(64, 80));
  const encrypted = Buffer.concat([
    cipher.update(Buffer.concat([text, Buffer.alloc(fill, fill)])),
    cipher.final(),
  ]);
  const digest = createHmac('sha256', derived.subarray(32, 64)).update(encrypted).digest('hex');
  const body = Buffer.from([salt.toString('hex'), digest, encrypted.toString('hex')].join('\n')).toString(
    'hex',
  );
  return `${[header, ...(body.match(/.{1,80}/g) ?? [])].join('\n')}\n`;
}
