import { InvalidArgumentError, Option, type Command } from 'commander';

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
}

/** What is told of a run, and where. */
export interface OutputOptions {
  readonly verbose: number;
  readonly quiet?: boolean;
  readonly diff?: boolean;
  readonly format: 'human' | 'json';
  readonly junit?: string;
  readonly log?: string;
}

/** Which tasks of the playbook. */
export interface TaskOptions {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

/** A dry run with changes ends with 2. */
export interface ExitCodeOption {
  readonly exitCode?: boolean;
}

export function addHostOptions(command: Command): Command {
  return command
    .addOption(inventoryOption())
    .addOption(fromVagrantOption())
    .option('-l, --limit <pattern>', 'only these hosts of the inventory (web:&dc1:!web3, globs, @file)')
    .addOption(extraVarsOption())
    .addOption(forksOption())
    .option('-b, --become', 'work as another user where nothing else says so')
    .option('--become-user <user>', 'that user (default root)')
    .addOption(askBecomePassOption())
    .option('-u, --user <user>', 'login user where the inventory does not say')
    .addOption(privateKeyOption())
    .addOption(timeoutOption())
    .addOption(vaultPasswordOption());
}

export const inventoryOption = (): Option =>
  new Option('-i, --inventory <source>', 'inventory file, folder, script or "host,"; repeatable')
    .argParser(collect)
    .default([]);

export const fromVagrantOption = (): Option =>
  new Option('--from-vagrant', 'work on the machines that vagrant/Vagrantfile made for these hosts');

export const extraVarsOption = (): Option =>
  new Option(
    '-e, --extra-vars <vars>',
    'key=value, JSON, or @file; stronger than every other variable; repeatable',
  )
    .argParser(collect)
    .default([]);

export const forksOption = (): Option =>
  new Option('-f, --forks <count>', 'hosts worked on at the same time').argParser(positive).default(64);

export const askBecomePassOption = (): Option =>
  new Option('-K, --ask-become-pass', 'ask for the password of sudo');

export const privateKeyOption = (): Option =>
  new Option('--private-key <file>', 'key to log in with where the inventory does not say');

export const timeoutOption = (): Option =>
  new Option('-T, --timeout <seconds>', 'time for a login').argParser(positive);

export const vaultPasswordOption = (): Option =>
  new Option('--vault-password-file <file>', 'file that holds the password of vaulted values');

export const verifyOption = (): Option => new Option('--no-verify', 'do not run the checks at the end');

export function addExitCodeOption(command: Command): Command {
  return command.option('--exit-code', 'end a dry run with 2 when something would change');
}

export function addOutputOptions(command: Command): Command {
  return command
    .option('-D, --diff', 'show the differences of files')
    .option('-v, --verbose', 'tell more; up to -vvv', (_value: string, before: number) => before + 1, 0)
    .option('-q, --quiet', 'tell failures and the recap only')
    .addOption(
      new Option('--format <format>', 'what is printed: text for people, or an event a line')
        .choices(['human', 'json'])
        .default('human'),
    )
    .option('--junit <file>', 'write the results of tasks and checks as JUnit XML')
    .option('--log <file>', 'write everything that is told, as with -vvv -D');
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
  const tags = value
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  // An empty shell variable would ask for everything.
  if (tags.length === 0) throw new InvalidArgumentError('It must name a tag.');
  return [...before, ...tags];
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a number above 0.');
}
