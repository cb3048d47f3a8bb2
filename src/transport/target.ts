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
  readonly password?: string;
  readonly knownHostsFiles: readonly string[];
  /** `yes`: an unknown key is refused. `accept-new`: it is pinned in the first of knownHostsFiles. A changed key is always refused. */
  readonly hostKeyChecking: 'yes' | 'accept-new';
  /** seconds for TCP, handshake and login together */
  readonly connectTimeout: number;
  /** jump hosts, the one nearest to the controller first */
  readonly jumps: readonly SshTarget[];
}

/** The controller itself. */
export interface LocalTarget {
  readonly kind: 'local';
  readonly name: string;
}
