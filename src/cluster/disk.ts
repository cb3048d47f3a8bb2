import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClusterError } from '../errors.js';
import { accountFiles, hostFiles, hostFolders, type Accounts, type HostIdentity } from './host-files.js';
import type { DiskFile } from './recipe.js';
import type { HostSpec } from './spec.js';

/**
 * A fresh disk: an empty layer over the image with the files that make it this host. Built beside the place and renamed, so that
 * `disk/` is always whole.
 */
export async function makeDisk(
  dir: string,
  image: string,
  host: HostSpec,
  identity: HostIdentity,
): Promise<void> {
  const fresh = join(dir, 'disk.new');
  await rm(fresh, { recursive: true, force: true });
  const upper = join(fresh, 'upper');
  // Files of the host keep their modes inside of it, but are no business of the machine's other users.
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await mkdir(upper, { mode: 0o755 });
  await mkdir(join(fresh, 'work'));
  const accounts = await readAccounts(image);
  if (new RegExp(`^${host.user}:`, 'm').test(accounts['/etc/passwd'])) {
    throw new ClusterError(`the user "${host.user}" belongs to the system and cannot be the login`, {
      host: host.name,
      hint: 'set ansible_user to another name, for example admin',
    });
  }
  for (const folder of hostFolders(host)) {
    const path = join(upper, folder.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await mkdir(path);
    await chmod(path, folder.mode);
    await chown(path, folder.uid, folder.uid);
  }
  await writeFiles(upper, hostFiles(host, identity, accounts));
  await rename(fresh, join(dir, 'disk'));
}

/** Write files below a root folder with exactly their owners and modes, whatever the umask is. */
export async function writeFiles(root: string, files: readonly DiskFile[]): Promise<void> {
  for (const file of files) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    // A link in the image (resolv.conf is one at times) would be followed out of it.
    await rm(path, { force: true });
    await writeFile(path, file.content, { mode: 0o600 });
    await chown(path, file.uid, file.gid);
    await chmod(path, file.mode);
  }
}

async function readAccounts(image: string): Promise<Accounts> {
  const texts = await Promise.all(
    accountFiles.map(async (file) => [file, await readFile(join(image, file), 'utf8')] as const),
  );
  return Object.fromEntries(texts) as unknown as Accounts;
}
