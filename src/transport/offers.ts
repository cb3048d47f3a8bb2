import { UnreachableError, escapeControl } from '../errors.js';
import { ALGORITHMS, type AlgorithmKind } from './algorithms.js';
import type { SshTarget } from './target.js';

/** What a host offers in its key exchange, kept to explain why nothing is in common. */
export interface Offers {
  /** takes ssh2's debug lines: there is no other way to what the host has sent */
  readonly note: (line: string) => void;
  /** the error for a handshake that failed for want of a common algorithm; undefined for any other failure */
  noneInCommon(error: Error, target: SshTarget): UnreachableError | undefined;
}

/** How ssh2 calls each kind, in its debug lines and in its errors. */
const KINDS: readonly (readonly [name: string, kind: AlgorithmKind, what: string])[] = [
  ['KEX method', 'KexAlgorithms', 'key exchange'],
  ['Host key format', 'HostKeyAlgorithms', 'signature of the host key'],
  ['C->S cipher', 'Ciphers', 'cipher'],
  ['S->C cipher', 'Ciphers', 'cipher'],
  ['C->S MAC', 'MACs', 'MAC'],
  ['S->C MAC', 'MACs', 'MAC'],
];

/** The longest list that is kept: a host may send any. */
const LONGEST = 2000;

export function createOffers(): Offers {
  const offered = new Map<string, string>();
  return {
    note(line) {
      const [, name, list] = /^Handshake: \(remote\) ([^:]+): (.*)$/s.exec(line) ?? [];
      if (name !== undefined) offered.set(name, list!.slice(0, LONGEST));
    },
    noneInCommon(error, target) {
      const [, failed] = /^Handshake failed: no matching (.+)$/.exec(error.message) ?? [];
      if (failed === undefined) return undefined;
      const found = KINDS.find(([name]) => name.toLowerCase() === called(failed).toLowerCase());
      if (found === undefined) return undefined;
      const [name, kind, what] = found;
      return nothingInCommon(kind, what, offered.get(name) ?? '', target, error);
    },
  };
}

function called(failed: string): string {
  return failed === 'key exchange algorithm' ? 'KEX method' : failed;
}

function nothingInCommon(
  kind: AlgorithmKind,
  what: string,
  offered: string,
  target: SshTarget,
  cause: Error,
): UnreachableError {
  const list = escapeControl(offered)
    .split(',')
    .filter((name) => !isSignal(name));
  const sha1 = list.every((name) => /sha1\b|^ssh-(rsa|dss)$|-cbc$|^arcfour|md5/.test(name));
  const wanted = target.algorithms?.[kind];
  return new UnreachableError(`${target.host} port ${target.port} has no ${what} in common with us`, {
    host: target.name,
    detail: [
      `it offers: ${list.join(', ')}`,
      `we take:   ${(wanted ?? ALGORITHMS[kind]).join(', ')}${wanted ? ` (${kind} in the options for this host)` : ''}`,
    ],
    hint: sha1
      ? 'what it offers is broken or weak (SHA-1, CBC, RC4) and never used: its ssh server needs an update or other settings'
      : 'allow one of ours in the settings of its ssh server, or loosen the option here',
    cause,
  });
}

/** Names that stand in the list of key exchanges without being one. */
function isSignal(name: string): boolean {
  return /^(ext-info-[cs]|kex-strict-[cs]-v00@openssh\.com)$/.test(name);
}
