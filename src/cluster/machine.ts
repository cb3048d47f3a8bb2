import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterError, UsageError } from '../errors.js';
import { run, searchPath } from './run.js';

export interface MachineOptions {
  readonly uid: number;
  /** the command line that was given, to be repeated with the right to do it */
  readonly command: string;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Programs that the cluster calls, and Debian's package of each. */
const programs: readonly (readonly [program: string, debianPackage: string])[] = [
  ['systemd-nspawn', 'systemd-container'],
  ['mmdebstrap', 'mmdebstrap'],
  ['ip', 'iproute2'],
  ['nft', 'nftables'],
  ['iptables', 'iptables'],
  ['sysctl', 'procps'],
  ['ssh', 'openssh-client'],
  ['ssh-keygen', 'openssh-client'],
  ['flock', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['unshare', 'util-linux'],
  ['chroot', 'coreutils'],
  ['perl', 'perl-base'],
];

/** See to it that the cluster can be built here: root, and every program. What is missing is installed, and said so. */
export async function prepareMachine(options: MachineOptions): Promise<void> {
  requireRoot(options.uid, options.command);
  await allowInotify(options.report);
  const missing = await missingPackages();
  if (missing.length === 0) return;
  options.report(`installing ${missing.join(', ')}, which the cluster needs`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run(['apt-get', 'update', '--quiet'], { env, signal: options.signal });
  // Not interrupted: a dpkg that is killed leaves the machine's packages half configured.
  await run(['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...missing], { env });
}

/** Each host's systemd takes about eight of these; Linux's default of 128 is used up by the second cluster. */
const INOTIFY = '/proc/sys/fs/inotify/max_user_instances';
const INSTANCES = 1024;

async function allowInotify(report: (line: string) => void): Promise<void> {
  const before = Number(await readFile(INOTIFY, 'utf8').catch(() => INSTANCES));
  if (before >= INSTANCES) return;
  await writeFile(INOTIFY, String(INSTANCES)).then(
    () => report(`fs.inotify.max_user_instances: ${before} -> ${INSTANCES}, for the hosts' systemd`),
    () => undefined,
  );
}

/** Namespaces, bridges and mounts are root's. */
export function requireRoot(uid: number, command: string): void {
  if (uid === 0) return;
  throw new UsageError('the cluster builds network namespaces and mounts: only root may', {
    hint: `sudo ${command}`,
  });
}

async function missingPackages(): Promise<string[]> {
  const folders = searchPath.split(':');
  const found = async (program: string): Promise<boolean> => {
    const tries = folders.map((folder) =>
      access(join(folder, program), constants.X_OK)
        .then(() => true)
        .catch(() => false),
    );
    return (await Promise.all(tries)).includes(true);
  };
  const packages = await Promise.all(
    programs.map(async ([program, name]) => ((await found(program)) ? [] : [name])),
  );
  const keyring = await access('/usr/share/keyrings/debian-archive-keyring.gpg')
    .then(() => [])
    .catch(() => ['debian-archive-keyring']);
  return [...new Set([...packages.flat(), ...keyring])];
}

/** The machine's resolv.conf, or the one behind a resolver that listens on loopback only. */
export async function readResolvConf(): Promise<string> {
  const upstream = await readFile('/run/systemd/resolve/resolv.conf', 'utf8').catch(() => undefined);
  const own = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  if (/^\s*nameserver\s+127\./m.test(own) && upstream !== undefined) return upstream;
  if (own !== '') return own;
  throw new ClusterError('the machine has no /etc/resolv.conf, so the hosts cannot find the package mirror');
}
