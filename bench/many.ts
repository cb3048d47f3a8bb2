import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bin, contest, type Field } from './contestants.js';
import { BenchError } from './error.js';
import { execute } from './execute.js';
import { padded, range } from './playbooks.js';
import type { Bench, Series } from './rounds.js';
import { inventoryText, projectDir } from './workspace.js';

const COUNTS = [50, 100, 200] as const;

/**
 * A controller with many hosts: each of the benchmark's hosts under many names, which for the controller are as many connections, agents,
 * runs. The converged 30 tasks; time, and the most memory that the controller had.
 */
export async function runMany(field: Field, { options, report }: Bench): Promise<readonly Series[]> {
  await contest('provision', { playbook: 'tasks', dryRun: false, release: 0 }, field);
  const series = new Map(COUNTS.map((count) => [count, { ms: [] as number[], peakMb: [] as number[] }]));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const count of COUNTS) {
      const inventory = join(field.workspace, `many.${count}.yml`);
      const endpoints = range(count).map((number) => ({
        ...field.endpoints[number % field.endpoints.length]!,
        name: `name${padded(number, 3)}`,
      }));
      await writeFile(inventory, inventoryText(endpoints, field.login));
      const argv = [process.execPath, bin, '-i', inventory, '--no-verify', '-q', 'tasks.yml'];
      const cwd = projectDir(field.workspace, 'provision');
      const { ms, peakMb, output } = await execute({ argv, cwd }, field.signal);
      if (!/^ {2}0 changed on 0 hosts/m.test(output))
        throw new BenchError(`${count} names: not converged`, { detail: output.split('\n').slice(-20) });
      series.get(count)!.ms.push(ms);
      series.get(count)!.peakMb.push(peakMb);
      report(
        `many, round ${round} of ${options.rounds}: ${count} names ${(ms / 1000).toFixed(2)} s, ${peakMb} MB`,
      );
    }
  }
  return [...series].map(([count, times]) => ({
    case: 'many',
    rtt: 0,
    contestant: `${count} hosts`,
    ...times,
  }));
}
