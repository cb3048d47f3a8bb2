import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VagrantFolder } from './folder.js';
import type { HostKey } from './host-keys.js';
import type { SshSettings } from './ssh-settings.js';

/** What is written down of a machine, in `.vagrant/provision/NAME/`. */
export interface Pin {
  /** of the machine that showed the keys: another incarnation has others */
  readonly incarnation: string;
  readonly keys: readonly HostKey[];
}

export async function readPin(folder: VagrantFolder, name: string): Promise<Pin | undefined> {
  const text = await readOptional(join(dirOf(folder, name), 'pin.json'));
  return text === undefined ? undefined : (JSON.parse(text) as Pin);
}

/** The saved part of `vagrant ssh-config`. The Vagrantfile removes it when it starts the machine: ports and addresses may change. */
export async function readSshConfig(folder: VagrantFolder, name: string): Promise<string | undefined> {
  return readOptional(join(dirOf(folder, name), 'ssh-config'));
}

export function knownHostsFile(folder: VagrantFolder, name: string): string {
  return join(dirOf(folder, name), 'known_hosts');
}

/** The pin goes last: a run that is killed before it leaves a machine that is pinned again. */
export async function writePin(
  folder: VagrantFolder,
  name: string,
  { pin, sshConfig, ssh }: { pin: Pin; sshConfig: string; ssh: SshSettings },
): Promise<void> {
  const dir = dirOf(folder, name);
  await mkdir(dir, { recursive: true });
  const shown = ssh.port === 22 ? ssh.host : `[${ssh.host}]:${ssh.port}`;
  await replace(knownHostsFile(folder, name), pin.keys.map((key) => `${shown} ${key}\n`).join(''));
  await replace(join(dir, 'ssh-config'), sshConfig);
  await replace(join(dir, 'pin.json'), `${JSON.stringify(pin, undefined, 2)}\n`);
}

function dirOf(folder: VagrantFolder, name: string): string {
  return join(folder.data, 'provision', name);
}

async function replace(file: string, content: string): Promise<void> {
  const fresh = `${file}.${randomBytes(6).toString('hex')}.new`;
  await writeFile(fresh, content, { flag: 'wx', mode: 0o600 });
  await rename(fresh, file);
}

async function readOptional(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
