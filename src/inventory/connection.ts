import type { Scope } from '../template/scope.js';
import type { Target } from '../transport/target.js';

/** How a host is reached and how its privileges are raised. */
export interface HostConnection {
  readonly target: Target;
  /** ansible_become; undefined where the inventory does not say */
  readonly become: boolean | undefined;
  readonly becomeUser: string | undefined;
  readonly becomePassword: string | undefined;
}

/** What the controller's surroundings say. Read once by the CLI. */
export interface ConnectionDefaults {
  /** home folder of who runs the controller */
  readonly home: string;
  /** the name of who runs the controller */
  readonly user: string;
  /** SSH_AUTH_SOCK */
  readonly agentSocket: string | undefined;
  /** the text of ~/.ssh/config, if there is one */
  readonly sshConfig: string | undefined;
  /** --user and --private-key of the command line: weaker than the inventory */
  readonly remoteUser?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** seconds */
  readonly connectTimeout?: number | undefined;
}

export function connectionOf(
  _scope: Scope,
  _hostName: string,
  _defaults: ConnectionDefaults,
): HostConnection {
  throw new Error('being written');
}
