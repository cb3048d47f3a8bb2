import { createHash } from 'node:crypto';
import type { Suite } from './suites.js';

/** All that decides what an image holds. Two equal recipes are one image. */
export interface Recipe {
  readonly suite: Suite;
  /** lines of sources.list */
  readonly sources: readonly string[];
  /** lines of apt's configuration */
  readonly aptSettings: readonly string[];
  /** certificates that the machine trusts beside the public ones */
  readonly certificates: readonly Certificate[];
}

export interface Certificate {
  /** file name, ending in .crt */
  readonly name: string;
  readonly content: string;
}

/** A file to write into an image or a host's disk. `path` is absolute inside of it. */
export interface DiskFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What a small cloud VM has from its first boot on. */
export const basePackages: readonly string[] = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'udev',
  'libpam-systemd',
  'openssh-server',
  'sudo',
  'iproute2',
  'iputils-ping',
  'ca-certificates',
  'curl',
  'procps',
  'less',
  'nano',
  'netbase',
];

/** Split off from systemd after bookworm; without it only root may use ping. */
const sincePackages: readonly string[] = ['linux-sysctl-defaults'];

/** Downloaded into the image with what they depend on and recommend, not installed: seven hosts would fetch them seven times. */
export const downloadedPackages: readonly string[] = [
  'acl',
  'chrony',
  'cron',
  'gnupg',
  'haproxy',
  'iputils-arping',
  'jq',
  'keepalived',
  'libnginx-mod-stream',
  'logrotate',
  'mariadb-client',
  'mariadb-server',
  'netcat-openbsd',
  'nftables',
  'nginx',
  'openssl',
  'rsync',
  'rsyslog',
  'socat',
  'ssl-cert',
  'tcpdump',
  'unattended-upgrades',
  'unzip',
  'xz-utils',
];

/** The same without what they recommend: nodejs recommends npm, and that is 370 packages. */
export const downloadedPlain: readonly string[] = ['nodejs'];

/** `<suite>-<hash>`: the name of the image's folder. The hash is of everything that is done to build it. */
export function imageKey(recipe: Recipe): string {
  const all = JSON.stringify([buildCommand(recipe, '/'), imageFiles(recipe), finishCommands(), privateFiles]);
  return `${recipe.suite}-${createHash('sha256').update(all).digest('hex').slice(0, 12)}`;
}

/** Files that every host of an image shares. */
export function imageFiles(recipe: Recipe): DiskFile[] {
  const file = (path: string, lines: readonly string[], mode = 0o644): DiskFile => ({
    path,
    content: `${lines.join('\n')}\n`,
    mode,
    uid: 0,
    gid: 0,
  });
  return [
    file('/etc/apt/apt.conf.d/90cluster', [...recipe.aptSettings, 'Acquire::Languages "none";']),
    file('/etc/apt/sources.list', recipe.sources),
    // Installing 370 packages (npm's) took 17 s instead of 28; a host that loses its power in the middle is made anew.
    file('/etc/dpkg/dpkg.cfg.d/90-cluster', ['force-unsafe-io']),
    // From Debian 13 on the first is made a link to the second at every boot.
    file('/etc/default/locale', ['LANG=C.UTF-8']),
    file('/etc/locale.conf', ['LANG=C.UTF-8']),
    file('/etc/ssh/sshd_config.d/90-cluster.conf', [
      'HostKey /etc/ssh/ssh_host_ed25519_key',
      'PermitRootLogin no',
      'PasswordAuthentication no',
    ]),
    // The clock is the machine's: no host may set it, but the service is to run as it does on a VM.
    file('/etc/systemd/system/chrony.service.d/90-cluster.conf', [
      '[Unit]',
      'ConditionCapability=',
      '[Service]',
      'ExecStart=',
      'ExecStart=!/usr/sbin/chronyd -x $DAEMON_OPTS',
    ]),
    ...recipe.certificates.map(({ name, content }) => ({
      ...file(`/usr/local/share/ca-certificates/${name}`, []),
      content,
    })),
    // Builds of Node that bring certificates of their own are told of the machine's.
    ...(recipe.certificates.length === 0
      ? []
      : [
          file('/etc/environment', [`NODE_EXTRA_CA_CERTS=${bundle}`]),
          file('/etc/sudoers.d/80-certificates', ['Defaults env_keep += "NODE_EXTRA_CA_CERTS"'], 0o440),
          file('/etc/systemd/system.conf.d/90-certificates.conf', [
            '[Manager]',
            `DefaultEnvironment=NODE_EXTRA_CA_CERTS=${bundle}`,
          ]),
        ]),
  ];
}

const bundle = '/etc/ssl/certs/ca-certificates.crt';

/** What mmdebstrap is given to build the recipe into a folder. */
export function buildCommand(recipe: Recipe, folder: string): string[] {
  return [
    'mmdebstrap',
    '--mode=root',
    '--variant=minbase',
    `--include=${[...basePackages, ...(recipe.suite === 'bookworm' ? [] : sincePackages)].join(',')}`,
    ...recipe.aptSettings.map((line) => `--aptopt=${line.replace(/;$/, '')}`),
    '--skip=cleanup/apt/lists',
    recipe.suite,
    folder,
    ...recipe.sources,
  ];
}

/**
 * Commands to run inside the new image, in order. The timers of apt would take its lock and fetch lists on seven hosts at some
 * moment of their own.
 */
export function finishCommands(): string[][] {
  const download = ['apt-get', 'install', '--yes', '--quiet', '--download-only'];
  return [
    ['update-ca-certificates'],
    ['systemctl', 'mask', 'apt-daily.timer', 'apt-daily-upgrade.timer'],
    [...download, ...downloadedPackages],
    [...download, '--no-install-recommends', ...downloadedPlain],
  ];
}

/** Files of the image that each host must have its own of. */
export const privateFiles: readonly string[] = [
  '/etc/hostname',
  '/etc/machine-id',
  '/etc/resolv.conf',
  '/etc/ssh/ssh_host_ecdsa_key',
  '/etc/ssh/ssh_host_ecdsa_key.pub',
  '/etc/ssh/ssh_host_ed25519_key',
  '/etc/ssh/ssh_host_ed25519_key.pub',
  '/etc/ssh/ssh_host_rsa_key',
  '/etc/ssh/ssh_host_rsa_key.pub',
  '/var/lib/dbus/machine-id',
];
