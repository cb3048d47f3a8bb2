import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError, messageOf } from '../errors.js';
import { graphInventory, listHost, listInventory } from '../inventory/list.js';
import { loadInventory } from '../inventory/load.js';
import type { Inventory } from '../inventory/model.js';
import { matchHosts } from '../inventory/pattern.js';
import { didYouMean } from '../schema.js';
import { machineSpecs } from '../vagrant/machines.js';
import type { Io } from './io.js';
import { complain, say, sayJson } from './say.js';
import { trustOf } from './this-user.js';
import { fromVagrant, vagrantSettings } from './vagrant.js';

interface InventoryVerbOptions {
  readonly inventory: readonly string[];
  readonly list?: boolean;
  readonly host?: string;
  readonly graph?: boolean;
  readonly vars?: boolean;
  readonly fromVagrant?: boolean;
  readonly forVagrant?: boolean;
  readonly vaultPasswordFile?: string;
}

export function define(command: Command, io: Io): void {
  command
    .description(
      'Print the inventory as ansible-inventory does. Nothing is rendered and no vaulted value is opened.',
    )
    .argument('[group]', 'where --graph begins', 'all')
    .option('-i, --inventory <source>', 'inventory file, folder, script or "host,"; repeatable', collect, [])
    .option('--list', 'groups and the variables of all hosts, as JSON')
    .option('--host <host>', 'the variables of one host, as JSON')
    .option('--graph', 'the tree of groups and hosts')
    .option('--vars', 'with --graph: variables too')
    .option(
      '--from-vagrant',
      'with the machines of Vagrant in place of the hosts, and their host keys pinned; alone it is the list',
    )
    .option('--for-vagrant', 'the machines that vagrant/Vagrantfile makes of it, as JSON')
    .option('--vault-password-file <file>', 'file that holds the password of files that are vaults')
    .addHelpText(
      'after',
      '\nExamples:\n  provision inventory -i inventory/production.yml --graph\n  provision inventory -i prod.yml --host web1',
    )
    .action(async (group: string, options: InventoryVerbOptions) => {
      const asked = [options.list, options.host !== undefined, options.graph, options.forVagrant].filter(
        (one) => one === true,
      ).length;
      if (asked > 1 || (asked === 0 && options.fromVagrant !== true))
        throw new UsageError('one of --list, --host and --graph is needed', {
          hint: 'provision inventory -i SOURCE --graph',
        });
      if (options.inventory.length === 0)
        throw new UsageError('no inventory given', { hint: 'Name one with -i.' });
      const trust = trustOf(io);
      if (options.vaultPasswordFile !== undefined) trust.note(options.vaultPasswordFile);
      const vaultPassword = await readPassword(options.vaultPasswordFile, io);
      const { secrets, cwd, env } = io;
      const written = await trust.during(() =>
        loadInventory(options.inventory, {
          cwd,
          secrets,
          vaultPassword,
          env,
          trust,
          warn: (message) => complain(io, `warning: ${message}`),
          mayBeEmpty: options.forVagrant !== true && options.fromVagrant !== true,
        }),
      );
      if (options.forVagrant === true) {
        const specs = machineSpecs(written, vagrantSettings(written, { io, secrets, trust, vaultPassword }));
        sayJson(io, JSON.stringify(specs, undefined, 2));
        return;
      }
      const inventory =
        options.fromVagrant === true
          ? await fromVagrant(written, { io, secrets, trust, vaultPassword, limit: undefined, renew: true })
          : written;
      if (options.graph === true) for (const line of graphOf(inventory, group, options)) say(io, line);
      else sayJson(io, jsonOf(inventory, options));
    });
}

/** For programs, which need all of it: secrets that stand in the inventory as they are are in it, as with ansible-inventory. */
function jsonOf(inventory: Inventory, options: InventoryVerbOptions): string {
  return options.host === undefined
    ? listInventory(inventory)
    : listHost(inventory, oneHost(options.host, inventory));
}

function graphOf(inventory: Inventory, group: string, options: InventoryVerbOptions): readonly string[] {
  if (!inventory.groups.has(group)) {
    throw new UsageError(`there is no group "${group}"${didYouMean(group, inventory.groups.keys())}`);
  }
  return graphInventory(inventory, { group, vars: options.vars === true });
}

function oneHost(pattern: string, inventory: Inventory): string {
  const [host, ...more] = matchHosts(pattern, inventory);
  if (host !== undefined && more.length === 0 && inventory.hosts.has(host)) return host;
  throw new UsageError(
    `--host takes the name of one host of the inventory, "${pattern}" names ${host === undefined ? 0 : more.length + 1}`,
  );
}

async function readPassword(file: string | undefined, io: Io): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(resolve(io.cwd, file), 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(`--vault-password-file: ${messageOf(error)}`);
  }
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
