import type { Command } from 'commander';
import { resolvePlays } from '../controller/resolve-plays.js';
import { prepareRun } from '../controller/run-state.js';
import { converge } from './converge.js';
import type { Io } from './io.js';
import { listTasks } from '../playbook/listing.js';
import { listHostsText } from './listing.js';
import { addHostOptions, addTaskOptions, type HostOptions, type TaskOptions } from './options.js';
import { readPlaybook, readSetup } from './setup.js';
import { verbs } from './verbs.js';

interface Options extends HostOptions, TaskOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly verify: boolean;
  readonly listTasks?: boolean;
  readonly listHosts?: boolean;
}

export function define(command: Command, io: Io): void {
  command.description('Converge the hosts of an inventory with a playbook, then verify each host.');
  addTaskOptions(addHostOptions(command))
    .argument('[playbook]', 'default: playbooks/site.yml, site.yml, or the one that comes with provision')
    .option('-C, --check', 'dry run: say what would change, change nothing')
    .option('-D, --diff', 'show the differences of files')
    .option('--no-verify', 'do not run the checks at the end')
    .option('--list-tasks', 'print the tasks and stop')
    .option('--list-hosts', 'print the hosts of each play and stop')
    .addHelpText(
      'after',
      `\nOther commands (provision <command> --help):\n${verbs
        .slice(1)
        .map((verb) => `  ${verb.name.padEnd(10)} ${verb.summary}`)
        .join('\n')}`,
    )
    .action(async (playbookName: string | undefined, options: Options) => {
      const readOnly = [options.check, options.listTasks, options.listHosts].includes(true);
      const setup = await readSetup(options, io, { playbook: { named: playbookName }, readOnly });
      const playbook = await readPlaybook(playbookName, options, io, setup);
      const runOptions = {
        ...setup.base,
        playbook,
        check: options.check === true,
        verify: options.verify ? 'after' : 'none',
      } as const;
      if (options.listTasks || options.listHosts) {
        const plays = resolvePlays(prepareRun({ ...runOptions, emit: () => undefined }));
        io.stdout.write(options.listTasks ? listTasks(playbook) : listHostsText(playbook, plays));
        return;
      }
      await converge(runOptions, options, io);
    });
}
