import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { makePlan } from '../controller/plan/make.js';
import type { Plan } from '../controller/plan/plan.js';
import { UsageError, messageOf } from '../errors.js';
import type { Recap } from '../events.js';
import type { Io } from './io.js';
import {
  addExitCodeOption,
  addHostOptions,
  addOutputOptions,
  addTaskOptions,
  type ExitCodeOption,
  type HostOptions,
  type OutputOptions,
  type TaskOptions,
} from './options.js';
import { requireSshKeygen, signPlan } from './plan-signature.js';
import { plannedCommand } from './planned-command.js';
import { recorded } from './recorded.js';
import { say } from './say.js';
import { readPlaybook, readSetup } from './setup.js';
import { trustOf } from './this-user.js';
import { version } from './version.js';
import { writeWhole } from './write-file.js';

interface Options extends HostOptions, TaskOptions, OutputOptions, ExitCodeOption {
  readonly out?: string;
  readonly sign?: string;
}

export function define(command: Command, io: Io): void {
  command.description(
    'Say what a run would change. Nothing is changed. With -o the plan can be applied later.',
  );
  addExitCodeOption(addOutputOptions(addTaskOptions(addHostOptions(command))))
    .argument('[playbook]', 'default: playbooks/site.yml or site.yml of this folder')
    .option('-o, --out <file>', 'save the plan; provision apply FILE does exactly that')
    .option('--sign <key>', 'with -o: sign the plan with this ssh key, into FILE.sig')
    .addHelpText(
      'after',
      '\nExamples:\n  provision plan -i prod.yaml -D\n  provision plan -i prod.yaml -o plan.json && provision apply plan.json\n  provision plan -i prod.yaml -o plan.json --sign ~/.ssh/id_ed25519',
    )
    .action(async (playbookName: string | undefined, options: Options) => {
      // A saved plan holds what will be written, so the passwords that it makes up have to be kept.
      const readOnly = options.out === undefined;
      checkOutput(options, io);
      const setup = await readSetup(options, io, { playbook: { named: playbookName }, readOnly });
      const playbook = await readPlaybook(playbookName, options, io, setup);
      const { secrets, inventory } = setup;
      const about = { kind: 'plan', playbook: playbook.name, inventory: inventory.sources } as const;
      const command = plannedCommand(playbookName, options, secrets);
      const made = { version: version(), created: new Date(), command };
      await recorded({ about, output: options, secrets }, io, async (told) => {
        const planned = await makePlan(
          { ...setup.base, ...told, playbook, check: true, verify: 'none' },
          made,
        );
        if (options.out !== undefined && !io.interrupted.aborted)
          savePlan(planned.plan, options.out, options, io);
        return { ...planned, pending: options.exitCode === true && hasChanges(planned.recap) };
      });
    });
}

export function hasChanges(recap: Recap): boolean {
  return recap.hosts.some(({ changed, mayChange }) => changed + mayChange > 0);
}

/** What cannot be written or signed is said before anything is asked. */
function checkOutput({ out, sign }: Options, io: Io): void {
  if (out !== undefined) {
    trustOf(io).requirePlaceOf(out);
    requireFolder(resolve(io.cwd, out), out);
  }
  if (sign === undefined) return;
  if (out === undefined) throw new UsageError('--sign signs the plan that -o saves: name its file');
  requireSshKeygen(io.env);
  const key = resolve(io.cwd, sign);
  if (!existsSync(key)) throw new UsageError(`--sign ${sign}: there is no such key`);
}

/** @throws UsageError where no file can be made there: before hosts are asked for minutes */
function requireFolder(path: string, named: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new Error(`${named} is a folder`);
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new UsageError(`the plan cannot be saved: ${messageOf(error)}`, {
      hint: 'name a file in a folder that exists and that you may write to',
      cause: error,
    });
  }
}

/** It holds no secret, but the insides of a site: for its owner's eyes. */
function savePlan(plan: Plan, named: string, { format, quiet, sign }: Options, io: Io): void {
  const path = resolve(io.cwd, named);
  const text = `${JSON.stringify(plan, undefined, 1)}\n`;
  const signature = sign === undefined ? undefined : signPlan(text, resolve(io.cwd, sign), io.env);
  try {
    writeWhole(path, text);
    if (signature !== undefined) writeWhole(`${path}.sig`, signature);
  } catch (error) {
    throw new UsageError(`the plan cannot be saved: ${messageOf(error)}`, { cause: error });
  }
  if (format === 'json' || quiet === true) return;
  const signed = signature === undefined ? '' : `, signed in ${named}.sig`;
  say(io, '');
  say(io, `  saved to ${named}${signed}; provision apply ${named} does exactly this`);
}
