import { randomBytes } from 'node:crypto';
import type { Recap } from '../../events.js';
import { runPlaybook, type RunOptions } from '../run.js';
import type { Run } from '../run-state.js';
import { inventoryDigest } from './inventory-digest.js';
import { PLAN_FORMAT, type Plan, type PlannedCommand } from './plan.js';
import { createRecorder, type Recorder } from './record.js';

/** What a plan tells of its making, besides the hosts. */
export interface PlanAbout {
  readonly version: string;
  readonly created: Date;
  /** given the salt, for the digests in it */
  readonly command: (salt: string) => PlannedCommand;
}

/** Dry-run a playbook and take down what it would do. `look`: what else to ask the hosts once that is known. */
export async function makePlan(
  options: RunOptions,
  about: PlanAbout,
  look?: (changesOf: Recorder['changesOf'], run: Run) => Promise<void>,
): Promise<{ readonly plan: Plan; readonly recap: Recap }> {
  const salt = randomBytes(16).toString('hex');
  const recorder = createRecorder(salt, options.secrets);
  const { onChange } = recorder;
  const recap = await runPlaybook(
    { ...options, check: true, verify: 'none', onChange },
    look ? { after: (_plays, run) => look(recorder.changesOf, run) } : {},
  );
  const plan: Plan = {
    format: PLAN_FORMAT,
    version: about.version,
    created: about.created.toISOString(),
    command: about.command(salt),
    inventory: {
      sources: options.inventory.sources,
      digest: inventoryDigest(options.inventory, salt),
    },
    salt,
    hosts: recorder.hosts(recap),
  };
  return { plan, recap };
}
