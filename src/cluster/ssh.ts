import { identityFile, knownHostsFile } from './keys.js';
import type { Roots } from './paths.js';
import type { HostSpec } from './spec.js';

/** The OpenSSH client's command line for a host: the cluster's own key and pins, nothing of the user's configuration. */
export function sshCommand(
  roots: Roots,
  cluster: string,
  host: Pick<HostSpec, 'address' | 'user'>,
  options: readonly string[],
  command: readonly string[],
): string[] {
  const settings = {
    IdentityFile: quoted(identityFile(roots, cluster)),
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: quoted(knownHostsFile(roots, cluster)),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
  };
  const pairs = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return ['ssh', '-F', '/dev/null', ...pairs, ...options, '-l', host.user, '--', host.address, ...command];
}

/** As ssh_config(5) reads a path that may hold spaces. */
function quoted(path: string): string {
  return `"${path}"`;
}
