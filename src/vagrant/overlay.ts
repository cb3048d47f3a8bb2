import type { Host, Inventory, Sourced } from '../inventory/model.js';
import type { Login } from './logins.js';
import { isController } from './machines.js';
import type { HostSettings } from './settings.js';

/** Other names and ways of settings that the inventory may have for the real hosts: none may reach a machine of Vagrant's. */
const CLEARED = [
  'ansible_ssh_host',
  'ansible_ssh_port',
  'ansible_ssh_user',
  'ansible_private_key_file',
  'ansible_ssh_args',
  'ansible_ssh_extra_args',
  'ansible_password',
  'ansible_ssh_pass',
  'ansible_ssh_password',
  'ansible_become_password',
  'ansible_become_pass',
];

/**
 * The inventory with the machines of Vagrant in place of its hosts. What is about addresses in the site stays in force: a host is
 * still reached by the others where the inventory says. Hosts without a machine cannot be reached at all: a rehearsal must not end
 * up on the real ones.
 */
export function withVagrantLogins(
  inventory: Inventory,
  settings: readonly HostSettings[],
  logins: ReadonlyMap<string, Login>,
): Inventory {
  const hosts = new Map<string, Host>(inventory.hosts);
  for (const one of settings) {
    const host = inventory.hosts.get(one.host);
    if (host === undefined || isController(one)) continue;
    const login = logins.get(one.host);
    const vars = login ? loginVariables(one, login) : noMachine(one.host);
    hosts.set(one.host, { ...host, vars: new Map([...host.vars, ...sourced({ ...cleared(), ...vars })]) });
  }
  return { ...inventory, hosts };
}

type Values = Readonly<Record<string, string | number | boolean>>;

function loginVariables(settings: HostSettings, { ssh, knownHosts }: Login): Values {
  const moved = settings.text('vagrant_address');
  const user = settings.text('ansible_user') ?? settings.text('ansible_ssh_user');
  const [identity, ...more] = ssh.identityFiles;
  return {
    ansible_connection: 'ssh',
    ...(moved === undefined ? {} : { ansible_host: moved }),
    ...(moved === undefined || settings.text('internal_address') === undefined
      ? {}
      : { internal_address: moved }),
    ansible_port: ssh.port,
    ansible_user: ssh.user,
    // A playbook for root's login raises no privileges by itself; Vagrant's user has them through sudo.
    ...(user === 'root' ? { ansible_become: true } : {}),
    ...(identity === undefined ? {} : { ansible_ssh_private_key_file: identity }),
    ansible_ssh_common_args: options({
      HostName: [ssh.host],
      UserKnownHostsFile: [path(knownHosts)],
      GlobalKnownHostsFile: ['/dev/null'],
      StrictHostKeyChecking: ['yes'],
      IdentitiesOnly: ['yes'],
      ProxyJump: ['none'],
      IdentityFile: more.map(path),
    }),
  };
}

/** Names below `invalid` are never found (RFC 6761). */
function noMachine(host: string): Values {
  return {
    ansible_connection: 'ssh',
    ansible_ssh_common_args: options({
      HostName: [`${host}.not-made-by-vagrant.invalid`],
      ProxyJump: ['none'],
    }),
  };
}

function cleared(): Values {
  return Object.fromEntries(CLEARED.map((name) => [name, '']));
}

/** `%` and blanks mean something in the paths of ssh's options. */
function path(file: string): string {
  const escaped = file.replaceAll('%', '%%');
  return /\s/.test(escaped) ? `"${escaped}"` : escaped;
}

function options(values: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(values)
    .flatMap(([name, all]) => all.map((value) => `-o '${name}=${value.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

function sourced(values: Values): [string, Sourced][] {
  return Object.entries(values).map(([name, value]) => [name, { value, position: undefined }]);
}
