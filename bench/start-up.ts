import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bin } from './contestants.js';
import { execute } from './execute.js';
import { inTurn, type Series } from './rounds.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the CLI takes before it does anything, beside an empty program of Node. Needs no hosts. */
export async function runStartUp(options: {
  readonly rounds: number;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<readonly Series[]> {
  const demo = join(root, 'inventory', 'demo.yml');
  const programs = [
    { name: 'node -e 0', args: ['-e', '0'] },
    { name: '--version', args: [bin, '--version'] },
    { name: '--list-tasks', args: [bin, '-i', demo, '--list-tasks'] },
  ].map((one) => ({ ...one, ms: [] as number[] }));
  // Milliseconds are measured here: more rounds cost nothing and even out what other programs do.
  for (let round = 0; round <= options.rounds * 4; round += 1) {
    for (const { args, ms } of inTurn(programs, Math.max(1, round))) {
      const ran = await execute({ argv: [process.execPath, ...args], cwd: root }, options.signal);
      // The first one fills the caches of files and of compiled code.
      if (round > 0) ms.push(ran.ms);
    }
  }
  options.report('start-up: done');
  return programs.map(({ name, ms }) => ({ case: 'start-up', rtt: 0, contestant: name, ms }));
}
