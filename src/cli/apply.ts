import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { applyPlan } from '../controller/plan/apply.js';
import { parsePlan } from '../controller/plan/parse.js';
import type { Plan, PlannedCommand } from '../controller/plan/plan.js';
import { UsageError, messageOf } from '../errors.js';
import type { Trust } from '../trust/trust.js';
import { readExtraVars } from './extra-vars.js';
import type { Io } from './io.js';
import {
  addOutputOptions,
  askBecomePassOption,
  extraVarsOption,
  fromVagrantOption,
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
import { checkConnections } from './plan-consent.js';
import { verifyPlan } from './plan-signature.js';
import { extraVarsOf } from './planned-command.js';
import { recorded } from './recorded.js';
import { readPlaybook, readSetup } from './setup.js';
import { trustOf } from './this-user.js';
import { version } from './version.js';

interface Options extends OutputOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly forks: number;
  readonly fromVagrant?: boolean;
  readonly askBecomePass?: boolean;
  readonly privateKey?: string;
  readonly timeout?: number;
  readonly vaultPasswordFile?: string;
  readonly verify: boolean;
  readonly verifyWith?: string;
  readonly signer?: string;
}

/** Names the file of --verify-with for every apply: no plan is applied without a signature. */
const SIGNERS = 'PROVISION_PLAN_SIGNERS';

export function define(command: Command, io: Io): void {
  command
    .description(
      'Do what a saved plan says, and nothing else. A host where anything that it rests on has moved is refused.',
    )
    .argument('<plan>', 'the file that provision plan -o wrote')
    .option(
      '--verify-with <file>',
      `only with a signature (PLAN.sig) of somebody whom this file of allowed signers names (default: ${SIGNERS})`,
    )
    .option('--signer <identity>', 'with --verify-with: only with the signature of this one')
    .addOption(inventoryOption())
    .addOption(fromVagrantOption())
    .addOption(extraVarsOption())
    .addOption(forksOption())
    .addOption(askBecomePassOption())
    .addOption(privateKeyOption())
    .addOption(timeoutOption())
    .addOption(vaultPasswordOption())
    .addOption(verifyOption());
  addOutputOptions(command).action(async (file: string, options: Options) => {
    const trust = trustOf(io);
    const { text, signer } = await readPlan(file, options, trust, io);
    const plan = parsePlan(text, file, version());
    const given = optionsOf(plan.command, plan, options);
    const named = plan.command.playbook ?? undefined;
    const inventoryOfPlan = options.inventory.length === 0;
    const setup = await readSetup(given, io, {
      playbook: { named },
      readOnly: false,
      inventoryOfPlan,
      trust,
    });
    if (signer === undefined) {
      const { vault, secrets } = setup;
      const own = await readExtraVars(options.extraVars, { cwd: io.cwd, vault, secrets });
      checkConnections(setup, setup.playbookPath ?? '', own);
    }
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

/**
 * The text of a plan, and who has signed it where that was asked for. Otherwise its file has to be one that nobody else could have
 * written.
 */
async function readPlan(
  file: string,
  options: Options,
  trust: Trust,
  io: Io,
): Promise<{ text: string; signer: string | undefined }> {
  const allowed = options.verifyWith ?? io.env[SIGNERS];
  if (allowed === undefined || allowed === '') {
    if (options.signer !== undefined)
      throw new UsageError('--signer names who is to have signed, and nothing says how that is verified', {
        hint: `give the file of allowed signers with --verify-with, or in ${SIGNERS}`,
      });
    trust.require(file);
    return { text: await readText(file, 'the plan', io), signer: undefined };
  }
  trust.require(allowed);
  const [text, signature] = [
    await readText(file, 'the plan', io),
    await readText(`${file}.sig`, 'the signature of the plan', io),
  ];
  await readText(allowed, 'the file of allowed signers', io);
  const allowedSigners = resolve(io.cwd, allowed);
  const signer = verifyPlan({ text, signature, allowedSigners, signer: options.signer }, io.env);
  return { text, signer };
}

async function readText(file: string, what: string, io: Io): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** The command line of the plan, with what only this one can know. */
function optionsOf(command: PlannedCommand, plan: Plan, given: Options): HostOptions & TaskOptions {
  const { limit, tags, skipTags, become, becomeUser, user } = command;
  const { fromVagrant, askBecomePass, privateKey, timeout, vaultPasswordFile } = given;
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
    ...(fromVagrant === undefined ? {} : { fromVagrant }),
    ...(askBecomePass === undefined ? {} : { askBecomePass }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(vaultPasswordFile === undefined ? {} : { vaultPasswordFile }),
  };
}
