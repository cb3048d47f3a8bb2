import type { Command } from 'commander';
import { converge } from './converge.js';
import type { Io } from './io.js';
import { addHostOptions, addTaskOptions, type HostOptions, type TaskOptions } from './options.js';
import { readPlaybook, readSetup } from './setup.js';

export function define(command: Command, io: Io): void {
  command.description('Run the checks of every role on every host. Nothing is changed.');
  addTaskOptions(addHostOptions(command))
    .argument('[playbook]', 'default: playbooks/site.yml, site.yml, or the one that comes with provision')
    .action(async (playbookName: string | undefined, options: HostOptions & TaskOptions) => {
      const setup = await readSetup(options, io, { playbook: { named: playbookName }, readOnly: true });
      const playbook = await readPlaybook(playbookName, options, io, setup);
      await converge({ ...setup.base, playbook, check: false, verify: 'only' }, options, io);
    });
}
