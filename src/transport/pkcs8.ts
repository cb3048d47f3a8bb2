import { createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { UnreachableError } from '../errors.js';

const { utils } = ssh2;

const HEADER = /^\s*-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/;

/** A key as `openssl genpkey` and `ssh-keygen -m PKCS8` write it, which ssh takes and ssh2 does not. */
export function isPkcs8(text: Buffer): boolean {
  return HEADER.test(text.toString('latin1', 0, 200));
}

/**
 * The key, by way of one of the forms that ssh2 reads.
 * @throws UnreachableError with the reason why it cannot be used
 */
export async function parsePkcs8Key(
  text: Buffer,
  passphrase: () => Promise<string>,
): Promise<ParsedKey | ParsedKey[]> {
  const encrypted = HEADER.exec(text.toString('latin1', 0, 200))?.[1] !== undefined;
  const key = encrypted ? opened(text, await passphrase()) : opened(text);
  const parsed = utils.parseKey(readable(key));
  if (parsed instanceof Error)
    throw new UnreachableError(`not a private key that can be used (${parsed.message})`);
  return parsed;
}

function opened(text: Buffer, passphrase?: string): KeyObject {
  try {
    return createPrivateKey({
      key: text,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch (error) {
    throw new UnreachableError(
      passphrase === undefined
        ? `not a private key that can be read (${(error as Error).message})`
        : 'the passphrase is wrong',
    );
  }
}

function readable(key: KeyObject): string | Buffer {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' });
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' });
    case 'ed25519':
      return openssh(key);
    default:
      throw new UnreachableError(
        `it is a key of type ${key.asymmetricKeyType ?? 'unknown'}, which SSH has no name for`,
      );
  }
}

/** PROTOCOL.key of OpenSSH: the only form in which it writes this type. */
function openssh(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const [name, open, secret] = [
    Buffer.from('ssh-ed25519'),
    Buffer.from(x, 'base64url'),
    Buffer.from(d, 'base64url'),
  ];
  const check = Buffer.alloc(8);
  const inner = Buffer.concat([
    check,
    ...[name, open, Buffer.concat([secret, open]), Buffer.alloc(0)].map(sized),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
  const count = Buffer.from([0, 0, 0, 1]);
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[Buffer.from('none'), Buffer.from('none'), Buffer.alloc(0)].map(sized),
    count,
    sized(Buffer.concat([name, open].map(sized))),
    sized(Buffer.concat([inner, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
