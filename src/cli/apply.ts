import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { applyPlan } from '../controller/plan/apply.js';
import { parsePlan } from '../controller/plan/parse.js';
import type { Plan, PlannedCommand } from '../controller/plan/plan.js';
import { UsageError, messageOf } from '../errors.js';
import type { Io } from './io.js';
import {
  addOutputOptions,
  askBecomePassOption,
  extraVarsOption,
  forksOption,
  inventoryOption,
  privateKeyOption,
  timeoutOption,
  vaultPasswordOption,
  verifyOption,
  type HostOptions,
  type OutputOptions,
  type TaskOptions,
} from './options.js';
import { extraVarsOf } from './planned-command.js';
import { recorded } from './recorded.js';
import { readPlaybook, readSetup } from './setup.js';
import { version } from './version.js';

interface Options extends OutputOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly forks: number;
  readonly askBecomePass?: boolean;
  readonly privateKey?: string;
  readonly timeout?: number;
  readonly vaultPasswordFile?: string;
  readonly verify: boolean;
}

export function define(command: Command, io: Io): void {
  command
    .description(
      'Do what a saved plan says, and nothing else. A host where anything that it rests on has moved is refused.',
    )
    .argument('<plan>', 'the file that provision plan -o wrote')
    .addOption(inventoryOption())
    .addOption(extraVarsOption())
    .addOption(forksOption())
    .addOption(askBecomePassOption())
    .addOption(privateKeyOption())
    .addOption(timeoutOption())
    .addOption(vaultPasswordOption())
    .addOption(verifyOption());
  addOutputOptions(command).action(async (file: string, options: Options) => {
    const plan = parsePlan(await readPlan(file, io), file, version());
    const given = optionsOf(plan.command, plan, options);
    const named = plan.command.playbook ?? undefined;
    const setup = await readSetup(given, io, { playbook: { named }, readOnly: false });
    const playbook = await readPlaybook(named, given, io, setup);
    const { secrets, inventory } = setup;
    const about = { kind: 'apply', playbook: playbook.name, inventory: inventory.sources } as const;
    const verify = options.verify ? 'after' : 'none';
    await recorded({ about, output: options, secrets }, io, async (told) => ({
      recap: await applyPlan(plan, { ...setup.base, ...told, playbook, check: false, verify }),
      plan,
    }));
  });
}

async function readPlan(file: string, io: Io): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(`the plan cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** The command line of the plan, with what only this one can know. */
function optionsOf(command: PlannedCommand, plan: Plan, given: Options): HostOptions & TaskOptions {
  const { limit, tags, skipTags, become, becomeUser, user } = command;
  const { askBecomePass, privateKey, timeout, vaultPasswordFile } = given;
  return {
    inventory: given.inventory.length > 0 ? given.inventory : plan.inventory.sources,
    extraVars: extraVarsOf(command, given.extraVars, plan.salt),
    forks: given.forks,
    tags,
    skipTags,
    become,
    ...(limit === null ? {} : { limit }),
    ...(becomeUser === null ? {} : { becomeUser }),
    ...(user === null ? {} : { user }),
    ...(askBecomePass === undefined ? {} : { askBecomePass }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(vaultPasswordFile === undefined ? {} : { vaultPasswordFile }),
  };
}
