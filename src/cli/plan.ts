import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
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
import { plannedCommand } from './planned-command.js';
import { recorded } from './recorded.js';
import { say } from './say.js';
import { readPlaybook, readSetup } from './setup.js';
import { version } from './version.js';

interface Options extends HostOptions, TaskOptions, OutputOptions, ExitCodeOption {
  readonly out?: string;
}

export function define(command: Command, io: Io): void {
  command.description(
    'Say what a run would change. Nothing is changed. With -o the plan can be applied later.',
  );
  addExitCodeOption(addOutputOptions(addTaskOptions(addHostOptions(command))))
    .argument('[playbook]', 'default: playbooks/site.yml, site.yml, or the one that comes with provision')
    .option('-o, --out <file>', 'save the plan; provision apply FILE does exactly that')
    .addHelpText(
      'after',
      '\nExamples:\n  provision plan -i prod.yaml -D\n  provision plan -i prod.yaml -o plan.json && provision apply plan.json',
    )
    .action(async (playbookName: string | undefined, options: Options) => {
      // A saved plan holds what will be written, so the passwords that it makes up have to be kept.
      const readOnly = options.out === undefined;
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

/** Whole or not at all. It holds no secret, but the insides of a site: for its owner's eyes. */
function savePlan(plan: Plan, named: string, { format, quiet }: OutputOptions, io: Io): void {
  const path = resolve(io.cwd, named);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(plan, undefined, 1)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    throw new UsageError(`the plan cannot be saved: ${messageOf(error)}`, { cause: error });
  }
  if (format === 'json' || quiet === true) return;
  say(io, '');
  say(io, `  saved to ${named}; provision apply ${named} does exactly this`);
}
