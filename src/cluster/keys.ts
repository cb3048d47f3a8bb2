import { access, chmod, chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { accessDir, type Roots } from './paths.js';
import { run } from './run.js';
import type { ClusterSpec } from './spec.js';

/** The user's key, every host's key, and the known_hosts file made of the latter: nothing is learnt from the network. */
export interface Access {
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** one line of authorized_keys */
  readonly loginKey: string;
  readonly hostKeys: ReadonlyMap<string, KeyPair>;
}

export interface KeyPair {
  readonly secret: string;
  /** `ssh-ed25519 AAAA... comment` */
  readonly shared: string;
}

/** Who owns the project's folder when the command runs through sudo. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export function identityFile(roots: Roots, cluster: string): string {
  return join(accessDir(roots, cluster), 'id_ed25519');
}

export function knownHostsFile(roots: Roots, cluster: string): string {
  return join(accessDir(roots, cluster), 'known_hosts');
}

/** Make the keys that are missing, keep those that are there, write known_hosts. */
export async function ensureAccess(
  roots: Roots,
  spec: ClusterSpec,
  owner: Owner | undefined,
): Promise<Access> {
  const dir = accessDir(roots, spec.name);
  await mkdir(join(dir, 'host_keys'), { recursive: true, mode: 0o700 });
  const identity = identityFile(roots, spec.name);
  const login = await ensureKey(identity, `${spec.name} cluster`);
  const pairs = spec.hosts.map(async (host) => {
    return [host.name, await ensureKey(join(dir, 'host_keys', host.name), host.name)] as const;
  });
  const hostKeys = new Map(await Promise.all(pairs));
  const known = knownHostsFile(roots, spec.name);
  await writeFile(`${known}.new`, knownHosts(spec, hostKeys), { mode: 0o600 });
  await rename(`${known}.new`, known);
  if (owner) await giveTo(owner, roots, spec, [...hostKeys.keys()]);
  return { identityFile: identity, knownHostsFile: known, loginKey: login.shared, hostKeys };
}

/** Lines of known_hosts, one for each host: `address keytype key`. */
export function knownHosts(spec: ClusterSpec, hostKeys: ReadonlyMap<string, KeyPair>): string {
  const lines = spec.hosts.map((host) => {
    const [type, key] = hostKeys.get(host.name)!.shared.split(' ');
    return `${host.address} ${type!} ${key!}\n`;
  });
  return lines.join('');
}

async function ensureKey(file: string, comment: string): Promise<KeyPair> {
  const complete = await Promise.all([access(file), access(`${file}.pub`)])
    .then(() => true)
    .catch(() => false);
  if (!complete) {
    // Made beside it and renamed, public half first: a run that is killed leaves a whole pair or none.
    const fresh = `${file}.${process.pid}.new`;
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', fresh]);
    await rename(`${fresh}.pub`, `${file}.pub`);
    await rename(fresh, file);
  }
  await chmod(file, 0o600);
  return { secret: await readFile(file, 'utf8'), shared: await readFile(`${file}.pub`, 'utf8') };
}

async function giveTo(
  owner: Owner,
  roots: Roots,
  spec: ClusterSpec,
  hosts: readonly string[],
): Promise<void> {
  const dir = accessDir(roots, spec.name);
  const keys = [identityFile(roots, spec.name), ...hosts.map((host) => join(dir, 'host_keys', host))];
  const folders = [dirname(dirname(dir)), dirname(dir), dir, join(dir, 'host_keys')];
  const all = [...folders, ...keys, ...keys.map((key) => `${key}.pub`), knownHostsFile(roots, spec.name)];
  await Promise.all(all.map((path) => chown(path, owner.uid, owner.gid)));
}
