import { attempt, lastLines, type Ran } from '../cluster/run.js';
import { UnreachableError } from '../errors.js';
import type { MadeMachine } from './folder.js';
import type { SshSettings } from './ssh-settings.js';

/** `type base64`, without a comment. */
export type HostKey = string;

/** The host keys of a machine, and how they were learnt, for people. */
export interface LearntKeys {
  readonly keys: readonly HostKey[];
  readonly how: string;
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
}

const files = ['ed25519', 'ecdsa', 'rsa'].map((type) => `/etc/ssh/ssh_host_${type}_key.pub`);

/**
 * The keys of a machine that was just made, by a way that does not leave this machine: out of the container, or over an address
 * that VirtualBox forwards from loopback or that is on a bridge of this machine.
 */
export async function learnHostKeys(
  machine: MadeMachine,
  ssh: SshSettings,
  given: Surroundings,
): Promise<LearntKeys> {
  const how = machine.provider === 'lxc' ? 'lxc-attach' : `${machine.provider}, ${ssh.host} port ${ssh.port}`;
  const ran =
    machine.provider === 'lxc'
      ? await fromContainer(machine, given)
      : await overOwnNetwork(machine, ssh, given);
  const keys = keysIn(ran.stdout);
  if (keys.length > 0) return { keys, how };
  throw new UnreachableError(`${machine.name} shows no host key (${how})`, {
    host: machine.name,
    detail: lastLines(ran.stderr, 5),
    hint: `is it running, and sshd in it? vagrant status ${machine.name}`,
  });
}

async function fromContainer(machine: MadeMachine, { env, uid }: Surroundings): Promise<Ran> {
  const sudo = uid === 0 ? [] : ['sudo'];
  // A key that is not there makes cat fail, and the others are printed all the same.
  return attempt([...sudo, 'lxc-attach', '--clear-env', '-n', machine.id, '--', '/bin/cat', ...files], {
    env: defined(env),
  });
}

async function overOwnNetwork(machine: MadeMachine, ssh: SshSettings, { env }: Surroundings): Promise<Ran> {
  if (!(await staysHere(ssh.host))) {
    throw new UnreachableError(
      `${machine.name} is at ${ssh.host}, which is not on this machine: its key cannot be pinned without trusting the network`,
      {
        host: machine.name,
        hint: 'compare the key on its console, and run provision without --from-vagrant, with a known_hosts of your own',
      },
    );
  }
  return attempt(['ssh-keyscan', '-T', '5', '-p', String(ssh.port), '-t', 'ed25519,ecdsa,rsa', ssh.host], {
    env: defined(env),
  });
}

/** Is what is sent to the address delivered by this machine: loopback, or a bridge of its own without a router behind. */
async function staysHere(host: string): Promise<boolean> {
  if (/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host)) return true;
  const route = await attempt(['ip', '-o', 'route', 'get', host]).catch(() => undefined);
  const device = route && / dev (\S+)/.exec(route.stdout)?.[1];
  if (device === undefined || route!.stdout.includes(' via ')) return false;
  return (await attempt(['test', '-d', `/sys/class/net/${device}/bridge`])).code === 0;
}

/** Lines of `.pub` files and of ssh-keyscan: the latter have the host in front. */
export function keysIn(text: string): HostKey[] {
  return text.split('\n').flatMap((line) => {
    const found = /(?:^|\s)((?:ssh-|ecdsa-)[\w@.-]+ [A-Za-z0-9+/]+=*)(?:\s|$)/.exec(line);
    return found && !line.startsWith('#') ? [found[1]!] : [];
  });
}

function defined(env: Surroundings['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
