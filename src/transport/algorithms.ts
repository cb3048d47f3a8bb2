import { matchesPatternList } from './pattern-list.js';

/** What two sides of ssh agree on, by the option of ssh_config(5) that chooses among it. */
export type AlgorithmKind =
  'KexAlgorithms' | 'HostKeyAlgorithms' | 'Ciphers' | 'MACs' | 'PubkeyAcceptedAlgorithms';

const SIGNATURES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/**
 * What ssh2 has of each kind, best first, without what rests on SHA-1, MD5, CBC, RC4 or a group of 1024 bits: that is never offered,
 * whatever an option says.
 */
export const ALGORITHMS: Readonly<Record<AlgorithmKind, readonly string[]>> = {
  KexAlgorithms: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group18-sha512',
  ],
  HostKeyAlgorithms: SIGNATURES,
  Ciphers: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  MACs: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  PubkeyAcceptedAlgorithms: SIGNATURES,
};

/**
 * What a list of ssh_config(5) leaves of `ours`: `a,b` these, in this order; `+a,b` these too; `-a,b` ours without what matches the
 * patterns; `^a,b` these first. Names that we do not have are left out, so the result may be empty.
 */
export function selectAlgorithms(ours: readonly string[], list: string): string[] {
  const form = /^[-+^]/.exec(list)?.[0];
  const names = (form === undefined ? list : list.slice(1)).split(',').map((name) => name.trim());
  const had = [...new Set(names.filter((name) => ours.includes(name)))];
  switch (form) {
    case '+':
      return [...ours];
    case '-':
      return ours.filter((name) => !matchesPatternList(names, name));
    case '^':
      return [...had, ...ours.filter((name) => !had.includes(name))];
    default:
      return had;
  }
}
