import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  dialects,
  padded,
  playbook,
  playbookNames,
  range,
  template,
  templateName,
  TEMPLATES,
  type DialectName,
} from './playbooks.js';

/** Where a host is reached. */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface Login {
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
}

const SMALL_FILES = 200;

/** A folder with a project for each tool. Nothing of the user's own settings is read or written. */
export async function createWorkspace(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'provision-bench-'));
  for (const [name, dialect] of Object.entries(dialects)) {
    const project = projectDir(dir, name as DialectName);
    await mkdir(join(project, 'templates'), { recursive: true });
    for (const one of playbookNames) {
      await writeFile(join(project, `${one}.yml`), playbook(one, dialect));
    }
    for (const number of range(TEMPLATES)) {
      await writeFile(join(project, 'templates', templateName(number)), template(number, dialect));
    }
    await writeSmallFiles(project, 'first');
    await writeFile(join(project, 'ansible.cfg'), '');
  }
  return dir;
}

export function projectDir(workspace: string, dialect: DialectName): string {
  return join(workspace, dialect);
}

/** The 200 files that are copied, with a content that depends on the stamp: each of them differs from one stamp to the next. */
export async function writeSmallFiles(project: string, stamp: string): Promise<void> {
  await mkdir(join(project, 'files'), { recursive: true });
  const text = (number: number): string => `file ${number} of ${stamp}\n${'0123456789abcdef'.repeat(60)}\n`;
  await Promise.all(
    range(SMALL_FILES).map((number) =>
      writeFile(join(project, 'files', `file${padded(number, 3)}.txt`), text(number)),
    ),
  );
}

/** The inventory that both tools read. */
export function inventoryText(endpoints: readonly Endpoint[], login: Login): string {
  const hosts = Object.fromEntries(
    endpoints.map(({ name, address, port }) => [
      name,
      { ansible_host: address, ...(port === 22 ? {} : { ansible_port: port }) },
    ]),
  );
  const vars = {
    ansible_user: login.user,
    ansible_ssh_private_key_file: login.identityFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${login.knownHostsFile}`,
    // Known beforehand: the peers need not look for it.
    ansible_python_interpreter: '/usr/bin/python3',
    site_name: 'bench.example',
    release: 0,
  };
  return stringify({ all: { vars, hosts } });
}

export async function removeWorkspace(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
}
