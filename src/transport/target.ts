import type { AlgorithmKind } from './algorithms.js';

/** Where and how to log in. Everything is resolved: no variables, no `~`, no defaults left to fill. */
export type Target = SshTarget | LocalTarget;

export interface SshTarget {
  readonly kind: 'ssh';
  /** the inventory's name, for messages */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** tried in order, after the keys of the ssh-agent */
  readonly privateKeyFiles: readonly string[];
  /** socket of the ssh-agent (SSH_AUTH_SOCK), if there is one */
  readonly agentSocket?: string;
  /** of the ssh-agent's keys, only those of privateKeyFiles */
  readonly identitiesOnly?: true;
  readonly password?: string;
  readonly knownHostsFiles: readonly string[];
  /** `yes`: an unknown key is refused. `accept-new`: it is pinned in the first of knownHostsFiles. A changed key is always refused. */
  readonly hostKeyChecking: 'yes' | 'accept-new';
  /** seconds for TCP, handshake and login together */
  readonly connectTimeout: number;
  /** jump hosts, the one nearest to the controller first */
  readonly jumps: readonly SshTarget[];
  /** the rest is what ssh's options narrow; absent: what ssh2 does by itself */
  /** the name whose key the host must show, in place of its own and whatever its port is */
  readonly hostKeyAlias?: string;
  /** a list of keys, or a key revocation list, that no host may show */
  readonly revokedHostKeys?: Named;
  /** the key that is pinned for the host's address, if there is one, must be the same */
  readonly checkHostIp?: true;
  /** names are hashed in the lines that accept-new writes */
  readonly hashKnownHosts?: true;
  /** none of them empty */
  readonly algorithms?: Readonly<Partial<Record<AlgorithmKind, readonly string[]>>>;
  /** bits that RSA keys of hosts and users have at least */
  readonly requiredRsaSize?: number;
  /** what may be tried to log in, in this order; `said` names the option that left others out */
  readonly methods?: { readonly kinds: readonly LoginMethod[]; readonly said: string };
  /** IPv4 or IPv6 alone */
  readonly family?: 4 | 6;
  /** the controller's address to connect from */
  readonly localAddress?: string;
}

/** Something with the place that names it, for messages. */
export interface Named {
  readonly value: string;
  /** `~/.ssh/config:12`, or the variable of the inventory */
  readonly where: string;
}

/** As the protocol calls them. */
export type LoginMethod = 'publickey' | 'password' | 'keyboard-interactive';

/** The controller itself. */
export interface LocalTarget {
  readonly kind: 'local';
  readonly name: string;
}
