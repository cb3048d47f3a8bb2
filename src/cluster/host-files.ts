import type { HostSpec } from './spec.js';
import type { DiskFile } from './recipe.js';

/** The account files of the image that a login is added to. */
export const accountFiles = ['/etc/passwd', '/etc/group', '/etc/shadow', '/etc/gshadow'] as const;

export type Accounts = Readonly<Record<(typeof accountFiles)[number], string>>;

export interface HostIdentity {
  /** 32 hexadecimal digits */
  readonly machineId: string;
  /** one line of authorized_keys */
  readonly loginKey: string;
  /** the host's own key pair */
  readonly hostKey: { readonly secret: string; readonly shared: string };
  readonly nameservers: readonly string[];
}

const uid = 1000;
const shadowGroup = 42;

/**
 * What makes a host out of the image: its names, its keys and its login, an unprivileged user with passwordless sudo. Written into
 * the host's disk before the first boot, as cloud-init would do at it.
 */
export function hostFiles(host: HostSpec, identity: HostIdentity, accounts: Accounts): DiskFile[] {
  const file = (path: string, content: string, mode = 0o644): DiskFile => ({
    path,
    content,
    mode,
    uid: 0,
    gid: 0,
  });
  const own = (path: string, content: string, mode: number): DiskFile => ({
    path,
    content,
    mode,
    uid,
    gid: uid,
  });
  const { user } = host;
  return [
    file('/etc/hostname', `${host.name}\n`),
    file(
      '/etc/hosts',
      `127.0.0.1 localhost\n127.0.1.1 ${host.name}\n::1 localhost ip6-localhost ip6-loopback\n`,
    ),
    file('/etc/machine-id', `${identity.machineId}\n`, 0o444),
    file('/etc/resolv.conf', identity.nameservers.map((address) => `nameserver ${address}\n`).join('')),
    file('/etc/ssh/ssh_host_ed25519_key', identity.hostKey.secret, 0o600),
    file('/etc/ssh/ssh_host_ed25519_key.pub', identity.hostKey.shared),
    file('/etc/sudoers.d/90-cluster', `${user} ALL=(ALL) NOPASSWD:ALL\n`, 0o440),
    file('/etc/passwd', `${accounts['/etc/passwd']}${user}:x:${uid}:${uid}::/home/${user}:/bin/bash\n`),
    file('/etc/group', `${join(accounts['/etc/group'], 'sudo', user)}${user}:x:${uid}:\n`),
    {
      ...file('/etc/shadow', `${accounts['/etc/shadow']}${user}:*:20000:0:99999:7:::\n`, 0o640),
      gid: shadowGroup,
    },
    {
      ...file('/etc/gshadow', `${join(accounts['/etc/gshadow'], 'sudo', user)}${user}:!::\n`, 0o640),
      gid: shadowGroup,
    },
    own(`/home/${user}/.ssh/authorized_keys`, identity.loginKey, 0o600),
  ];
}

/** Folders that a plain recursive mkdir would make with the wrong owner or mode, outermost first. */
export function hostFolders(host: HostSpec): { path: string; mode: number; uid: number }[] {
  return [
    { path: `/home/${host.user}`, mode: 0o750, uid },
    { path: `/home/${host.user}/.ssh`, mode: 0o700, uid },
  ];
}

/** Nameservers of a resolv.conf that a host can reach: those on the machine's own loopback it cannot. */
export function nameserversOf(resolvConf: string): string[] {
  const found = [...resolvConf.matchAll(/^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)].map(
    (match) => match[1]!,
  );
  return found.filter((address) => !address.startsWith('127.'));
}

/** The group file with one more member in a group that is there. The members are its last field. */
function join(text: string, group: string, user: string): string {
  return text.replace(
    new RegExp(`^(${group}:.*:)([^:\\n]*)$`, 'm'),
    (_line, head: string, members: string) => {
      return `${head}${members === '' ? user : `${members},${user}`}`;
    },
  );
}
