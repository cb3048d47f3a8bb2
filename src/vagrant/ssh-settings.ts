import { setTimeout as delay } from 'node:timers/promises';
import { attempt, lastLines } from '../cluster/run.js';
import { UnreachableError, UsageError } from '../errors.js';
import { evaluateSshConfig } from '../inventory/evaluate-ssh-config.js';
import { parseSshConfig } from '../inventory/ssh-config.js';
import type { VagrantFolder } from './folder.js';

/** How Vagrant logs in to a machine. */
export interface SshSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
}

/** Milliseconds: for so long another command of Vagrant may hold a machine. */
const patience = 60_000;

/**
 * What `vagrant ssh-config` prints for these machines. All have to run. A machine that another command of Vagrant holds is waited
 * for: `vagrant up` of several lets go of one after the other, some of them a moment after the run that ends it has begun.
 */
export async function askVagrant(
  folder: VagrantFolder,
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const own = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const ask = (): ReturnType<typeof attempt> =>
    attempt(['vagrant', 'ssh-config', ...names], {
      env: { ...Object.fromEntries(own), VAGRANT_CWD: folder.root },
    }).catch((error: unknown) => {
      throw new UsageError('--from-vagrant: the program vagrant cannot be run', {
        hint: 'Install it: see vagrant/README.md',
        cause: error,
      });
    });
  const began = Date.now();
  let ran = await ask();
  while (ran.code !== 0 && /because it is\s+locked/.test(ran.stderr) && Date.now() - began < patience) {
    await delay(500);
    ran = await ask();
  }
  if (ran.code === 0) return ran.stdout;
  throw new UnreachableError(`\`vagrant ssh-config ${names.join(' ')}\` failed in ${folder.root}`, {
    detail: lastLines(ran.stderr || ran.stdout, 8),
    hint: `vagrant up ${names.join(' ')}`,
  });
}

/** One machine's part of what `vagrant ssh-config` prints. */
export function sshSettingsOf(name: string, text: string): SshSettings {
  const config = parseSshConfig(text, { file: 'vagrant ssh-config', include: () => [] });
  const settings = evaluateSshConfig([config], { host: name, localUser: '' });
  // Only these are taken: what else it says, like a known_hosts file of /dev/null, is for Vagrant's own logins.
  const all = (option: string): string[] =>
    settings.filter((one) => one.name.toLowerCase() === option).map((one) => one.words.join(' '));
  const [hostName] = all('hostname');
  if (hostName === undefined)
    throw new UnreachableError(`vagrant ssh-config says nothing of ${name}`, {
      host: name,
      hint: `vagrant status ${name}`,
    });
  return {
    host: hostName,
    port: Number(all('port')[0] ?? '22'),
    user: all('user')[0] ?? 'vagrant',
    identityFiles: all('identityfile'),
  };
}
