import type { Command } from 'commander';
import { failedHosts, pastRuns, type PastRun } from '../controller/journal/read.js';
import { applyPlan } from '../controller/plan/apply.js';
import { makePlan } from '../controller/plan/make.js';
import { resolvePlays } from '../controller/resolve-plays.js';
import { runPlaybook } from '../controller/run.js';
import { prepareRun } from '../controller/run-state.js';
import { UsageError } from '../errors.js';
import { listTasks } from '../playbook/listing.js';
import type { Playbook } from '../playbook/model.js';
import { confirm } from './confirm.js';
import type { Io } from './io.js';
import { listHosts } from './listing.js';
import {
  addExitCodeOption,
  addHostOptions,
  addOutputOptions,
  addTaskOptions,
  verifyOption,
  type ExitCodeOption,
  type HostOptions,
  type OutputOptions,
  type TaskOptions,
} from './options.js';
import { journalRoot } from './outputs.js';
import { hasChanges } from './plan.js';
import { plannedCommand } from './planned-command.js';
import { recorded, type Told } from './recorded.js';
import { say } from './say.js';
import { readPlaybook, readSetup, type Setup } from './setup.js';
import { verbs } from './verbs.js';
import { version } from './version.js';

interface Options extends HostOptions, TaskOptions, OutputOptions, ExitCodeOption {
  readonly check?: boolean;
  readonly dryRun?: boolean;
  readonly confirm?: boolean;
  readonly rerun?: string;
  readonly verify: boolean;
  readonly listTasks?: boolean;
  readonly listHosts?: boolean;
}

export function define(command: Command, io: Io): void {
  command.description('Converge the hosts of an inventory with a playbook, then verify each host.');
  addExitCodeOption(addOutputOptions(addTaskOptions(addHostOptions(command))))
    .argument('[playbook]', 'default: playbooks/site.yml or site.yml of this folder')
    .option('-C, --check', 'dry run: say what would change, change nothing')
    .option('--dry-run', 'the same as --check')
    .option('--confirm', 'show the plan, ask, then do exactly that')
    .option('--rerun <which>', '`failed`: only the hosts that failed or were not reached last time')
    .addOption(verifyOption())
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
      const dry = options.check === true || options.dryRun === true;
      if (dry && options.confirm)
        throw new UsageError('--confirm applies what it shows, --check does not: give one of them');
      if (options.confirm && io.stdin.isTTY !== true) {
        throw new UsageError('--confirm asks, and standard input is no terminal', {
          hint: 'provision plan -o FILE saves a plan, provision apply FILE applies it',
        });
      }
      const readOnly = dry || options.listTasks === true || options.listHosts === true;
      const setup = await readSetup(options, io, { playbook: { named: playbookName }, readOnly });
      const playbook = await readPlaybook(playbookName, options, io, setup);
      const limit =
        options.rerun === undefined ? setup.limit : rerunHosts(options.rerun, setup, playbook, io);
      const base = { ...setup, base: { ...setup.base, limit } };
      if (options.listTasks || options.listHosts) return list(playbook, base, options, io);
      await act({ playbookName, playbook, setup: base, options, dry }, io);
    });
}

interface Given {
  readonly playbookName: string | undefined;
  readonly playbook: Playbook;
  readonly setup: Setup;
  readonly options: Options;
  readonly dry: boolean;
}

async function act(given: Given, io: Io): Promise<void> {
  const { playbookName, playbook, setup, options, dry } = given;
  const { secrets, inventory } = setup;
  const about = (kind: 'run' | 'check' | 'plan' | 'apply') => ({
    about: { kind, playbook: playbook.name, inventory: inventory.sources },
    output: options,
    secrets,
  });
  const verify = options.verify ? 'after' : 'none';
  const runOptions = (told: Told) => ({ ...setup.base, ...told, playbook, verify }) as const;
  if (!dry && options.confirm !== true) {
    await recorded(about('run'), io, async (told) => ({
      recap: await runPlaybook({ ...runOptions(told), check: false }),
    }));
    return;
  }
  const command = plannedCommand(playbookName, options, secrets);
  const made = { version: version(), created: new Date(), command };
  const planned = await recorded(about(dry ? 'check' : 'plan'), io, async (told) => {
    const { plan, recap } = await makePlan({ ...runOptions(told), check: true }, made);
    return { plan, recap, pending: options.exitCode === true && hasChanges(recap) };
  });
  const { plan, recap } = planned;
  if (dry || io.interrupted.aborted || plan === undefined) return;
  if (hasChanges(recap) && !(await confirm('Apply this?', io))) {
    say(io, '  nothing was changed');
    return;
  }
  await recorded(about('apply'), io, async (told) => ({
    recap: await applyPlan(plan, { ...runOptions(told), check: false }),
    plan,
  }));
}

function list(playbook: Playbook, setup: Setup, options: Options, io: Io): void {
  const run = prepareRun({
    ...setup.base,
    playbook,
    check: true,
    verify: 'none',
    emit: () => undefined,
  });
  const plays = resolvePlays(run);
  const lines = options.listTasks ? listTasks(playbook) : listHosts(playbook, plays);
  for (const line of lines) say(io, setup.secrets.redact(line));
}

/** The hosts of the last run of this playbook and inventory that did not end well, within --limit. */
function rerunHosts(which: string, setup: Setup, playbook: Playbook, io: Io): readonly string[] {
  if (which !== 'failed') throw new UsageError(`--rerun takes \`failed\`, not "${which}"`);
  const sources = setup.inventory.sources.join('\0');
  const isOne = ({ record }: PastRun): boolean =>
    ['run', 'apply'].includes(record.kind) &&
    record.playbook === playbook.name &&
    record.inventory.join('\0') === sources;
  const last = pastRuns(journalRoot(io.cwd)).filter(isOne).at(-1);
  if (!last) {
    throw new UsageError(
      `no run of ${playbook.name} on ${setup.inventory.sources.join(', ')} is in the journal`,
      {
        hint: 'provision runs lists those that are; it is kept in .provision/runs of the current folder',
      },
    );
  }
  const { limit } = setup;
  const hosts = failedHosts(last).filter((host) => limit?.includes(host) ?? true);
  if (hosts.length > 0) return hosts;
  throw new UsageError(
    last.recap
      ? `no host failed in the last run, ${last.record.id}`
      : `the last run, ${last.record.id}, was killed before it could tell which hosts failed`,
    { hint: 'run without --rerun' },
  );
}
