import { InvalidArgumentError, type Command } from 'commander';

/** Options of every verb that talks to hosts, with the names and letters that Ansible's users know. */
export interface HostOptions {
  readonly inventory: readonly string[];
  readonly fromVagrant?: boolean;
  readonly limit?: string;
  readonly extraVars: readonly string[];
  readonly forks: number;
  readonly become?: boolean;
  readonly becomeUser?: string;
  readonly askBecomePass?: boolean;
  readonly user?: string;
  readonly privateKey?: string;
  readonly timeout?: number;
  readonly vaultPasswordFile?: string;
  readonly verbose: number;
  readonly quiet?: boolean;
}

/** Which tasks of the playbook. */
export interface TaskOptions {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

export function addHostOptions(command: Command): Command {
  return command
    .option('-i, --inventory <source>', 'inventory file, folder, script or "host,"; repeatable', collect, [])
    .option('--from-vagrant', 'work on the machines that vagrant/Vagrantfile made for these hosts')
    .option('-l, --limit <pattern>', 'only these hosts of the inventory (web:&dc1:!web3, globs, @file)')
    .option(
      '-e, --extra-vars <vars>',
      'key=value, JSON, or @file; stronger than every other variable; repeatable',
      collect,
      [],
    )
    .option('-f, --forks <count>', 'hosts worked on at the same time', positive, 64)
    .option('-b, --become', 'work as another user where nothing else says so')
    .option('--become-user <user>', 'that user (default root)')
    .option('-K, --ask-become-pass', 'ask for the password of sudo')
    .option('-u, --user <user>', 'login user where the inventory does not say')
    .option('--private-key <file>', 'key to log in with where the inventory does not say')
    .option('-T, --timeout <seconds>', 'time for a login', positive)
    .option('--vault-password-file <file>', 'file that holds the password of vaulted values')
    .option('-v, --verbose', 'tell more; up to -vvv', (_value: string, before: number) => before + 1, 0)
    .option('-q, --quiet', 'tell failures and the recap only');
}

export function addTaskOptions(command: Command): Command {
  return command
    .option('-t, --tags <tags>', 'only tasks with these tags; comma list, repeatable', collectList, [])
    .option('--skip-tags <tags>', 'without tasks that have these tags', collectList, []);
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function collectList(value: string, before: readonly string[]): string[] {
  return [...before, ...value.split(',').filter((tag) => tag !== '')];
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a number above 0.');
}
