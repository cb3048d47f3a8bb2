import type { Command } from 'commander';
import { findDrift } from '../controller/plan/drift.js';
import { createDriftReporter } from '../reporters/drift.js';
import { createPalette } from '../reporters/palette.js';
import { createWriter } from '../reporters/writer.js';
import type { Io } from './io.js';
import {
  addHostOptions,
  addOutputOptions,
  addTaskOptions,
  type HostOptions,
  type OutputOptions,
  type TaskOptions,
} from './options.js';
import { plannedCommand } from './planned-command.js';
import { recorded } from './recorded.js';
import { readPlaybook, readSetup } from './setup.js';
import { version } from './version.js';

export function define(command: Command, io: Io): void {
  command.description(
    'Report what on the hosts is not as the playbook says: file, difference, when it was modified, and which run wrote it last. Nothing is changed. For cron: prints nothing and ends with 0 when nothing differs, with 2 when something does.',
  );
  addOutputOptions(addTaskOptions(addHostOptions(command)))
    .argument('[playbook]', 'default: playbooks/site.yml or site.yml of this folder')
    .action(async (playbookName: string | undefined, options: HostOptions & TaskOptions & OutputOptions) => {
      const setup = await readSetup(options, io, { playbook: { named: playbookName }, readOnly: true });
      const playbook = await readPlaybook(playbookName, options, io, setup);
      const { secrets, inventory } = setup;
      const about = { kind: 'drift', playbook: playbook.name, inventory: inventory.sources } as const;
      const made = {
        version: version(),
        created: new Date(),
        command: plannedCommand(playbookName, options, secrets),
      };
      const isTerminal = io.stdout.isTTY === true;
      const printer = createDriftReporter(createWriter(io.stdout), createPalette(isTerminal, io.env), {
        speaks: isTerminal || options.verbose > 0,
      });
      await recorded({ about, output: options, secrets, printer }, io, async (told) => {
        const found = await findDrift(
          { ...setup.base, ...told, playbook, check: true, verify: 'none' },
          made,
        );
        return { ...found, pending: found.drifted };
      });
    });
}
