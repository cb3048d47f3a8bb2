import { access, readFile, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Where Vagrant keeps what it made. */
export interface VagrantFolder {
  /** of the Vagrantfile */
  readonly root: string;
  /** the Vagrantfile itself */
  readonly file: string;
  /** `.vagrant` */
  readonly data: string;
}

/** A machine that Vagrant has made, and not destroyed. */
export interface MadeMachine {
  readonly name: string;
  readonly provider: string;
  /** the provider's name of it */
  readonly id: string;
  /** another one whenever the machine is made anew, also where the provider's name stays */
  readonly incarnation: string;
}

/** Found as Vagrant finds it: VAGRANT_CWD or the current folder and those above it, VAGRANT_VAGRANTFILE, VAGRANT_DOTFILE_PATH. */
export async function findVagrantFolder(cwd: string, env: Env): Promise<VagrantFolder> {
  const start = resolve(cwd, env['VAGRANT_CWD'] ?? '.');
  const names =
    env['VAGRANT_VAGRANTFILE'] === undefined ? ['Vagrantfile', 'vagrantfile'] : [env['VAGRANT_VAGRANTFILE']];
  for (let folder = start; ; folder = dirname(folder)) {
    for (const name of names) {
      if (await exists(join(folder, name)))
        return {
          root: folder,
          file: join(folder, name),
          data: resolve(folder, env['VAGRANT_DOTFILE_PATH'] ?? '.vagrant'),
        };
    }
    if (dirname(folder) === folder) break;
  }
  throw new UsageError(`there is no ${names[0]!} in ${start} or above it`, {
    hint: 'Run it where you run vagrant, or name the folder: VAGRANT_CWD=vagrant',
  });
}

/** undefined: Vagrant has no machine of that name. */
export async function madeMachine(folder: VagrantFolder, name: string): Promise<MadeMachine | undefined> {
  const dir = join(folder.data, 'machines', name);
  for (const provider of await readdir(dir).catch(() => [])) {
    const [id, uuid] = await Promise.all(
      ['id', 'index_uuid'].map((file) => readFile(join(dir, provider, file), 'utf8').catch(() => '')),
    );
    if (id !== '')
      return { name, provider, id: id!.trim(), incarnation: `${id!.trim()} ${uuid!.trim()}`.trim() };
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path)
    .then(() => true)
    .catch(() => false);
}
