import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bin, floor, type Field } from './contestants.js';
import { BenchError } from './error.js';
import { execute } from './execute.js';
import { raiseHosts } from './hosts.js';
import { addLatency } from './latency.js';
import type { Options } from './options.js';
import { inTurn, type Series } from './rounds.js';
import { projectDir } from './workspace.js';

const demo = fileURLToPath(new URL('../inventory/demo.yml', import.meta.url));

/** The shipped site.yml on the demo's seven hosts: all roles, without verification. */
export async function runSite(given: {
  readonly workspace: string;
  readonly options: Options;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<readonly Series[]> {
  const { workspace, options, report, signal } = given;
  const project = projectDir(workspace, 'provision');
  const inventory = join(project, 'site-inventory.yml');
  await writeFile(inventory, await siteInventory(options, project));
  const hosts = await raiseHosts({ inventory, suite: 'trixie', project, report, signal });
  try {
    const run = async (): Promise<{ ms: number; output: string }> =>
      execute({ argv: [process.execPath, bin, '-i', inventory, '--no-verify'], cwd: project }, signal);
    report('site: first run');
    await run();
    const series = { floor: [] as number[], provision: [] as number[] };
    const { endpoints, login } = await addLatency(hosts, 0, workspace);
    const field: Field = { workspace, inventory, endpoints, login, signal };
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const name of inTurn(['floor', 'provision'] as const, round)) {
        if (name === 'floor') series.floor.push(await floor(field));
        else {
          const { ms, output } = await run();
          if (!output.includes('\n  0 changed on 0 hosts')) {
            throw new BenchError('the site is not converged', { detail: output.split('\n') });
          }
          series.provision.push(ms);
        }
      }
    }
    report('site: done');
    return Object.entries(series).map(([contestant, ms]) => ({ case: 'site', rtt: 0, contestant, ms }));
  } finally {
    await hosts.remove();
  }
}

/** The demo's inventory with the benchmark's own range, name and folder for keys. */
async function siteInventory({ cluster, subnet }: Options, project: string): Promise<string> {
  const name = `${cluster}-site`;
  const range = subnet.split('.').slice(0, 2).join('.');
  const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
  return (await readFile(demo, 'utf8'))
    .replaceAll('10.77.', `${range}.`)
    .replaceAll('cluster_name: demo', `cluster_name: ${name}`)
    .replaceAll('<%= inventory_dir %>/..', project)
    .replaceAll('${inventory_dir}/..', project)
    .replaceAll("'../.provision", `'${project}/.provision`)
    .replaceAll('<%= playbook_dir %>/..', root)
    .replaceAll('/demo', `/${name}`);
}
