import type { Command } from 'commander';
import { runPlaybook } from '../controller/run.js';
import type { Io } from './io.js';
import {
  addHostOptions,
  addOutputOptions,
  addTaskOptions,
  type HostOptions,
  type OutputOptions,
  type TaskOptions,
} from './options.js';
import { recorded } from './recorded.js';
import { readPlaybook, readSetup } from './setup.js';

export function define(command: Command, io: Io): void {
  command.description('Run the checks of every role on every host. Nothing is changed.');
  addOutputOptions(addTaskOptions(addHostOptions(command)))
    .argument('[playbook]', 'default: playbooks/site.yml or site.yml of this folder')
    .action(async (playbookName: string | undefined, options: HostOptions & TaskOptions & OutputOptions) => {
      const setup = await readSetup(options, io, { playbook: { named: playbookName }, readOnly: true });
      const playbook = await readPlaybook(playbookName, options, io, setup);
      const { secrets, inventory } = setup;
      const about = { kind: 'verify', playbook: playbook.name, inventory: inventory.sources } as const;
      await recorded({ about, output: options, secrets }, io, async (told) => ({
        recap: await runPlaybook({ ...setup.base, ...told, playbook, check: false, verify: 'only' }),
      }));
    });
}
