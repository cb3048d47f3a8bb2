import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { stringify } from 'yaml';
import { ProvisionError, UsageError } from '../src/errors.js';
import { errorLines } from '../src/reporters/error-lines.js';
import { createPalette } from '../src/reporters/palette.js';
import { parseSubnet } from '../src/cluster/addresses.js';
import type { HostCase } from './cases.js';
import { runBigFile } from './big-file.js';
import { runMany } from './many.js';
import { installPeers, installPython, raiseHosts, saveDisks } from './hosts.js';
import { addLatency, type Distance } from './latency.js';
import { readOptions, type Options } from './options.js';
import { range } from './playbooks.js';
import { resultsText } from './results.js';
import { createReleases, fieldAt, runCase, type Bench, type Series } from './rounds.js';
import { runSite } from './site.js';
import { runStartUp } from './start-up.js';
import { readVersions } from './versions.js';
import { createWorkspace, removeWorkspace } from './workspace.js';

const report = (line: string): void => void process.stderr.write(`${line}\n`);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    report('interrupted: cleaning up');
    interrupted.abort(new UsageError('interrupted'));
  });
}

try {
  await bench(readOptions(process.argv.slice(2)), interrupted.signal);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    process.exitCode = 1;
    if (!(error instanceof ProvisionError)) throw error;
    report(errorLines(error, createPalette(process.stderr.isTTY, process.env)).join('\n'));
  }
}

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  const began = new Date();
  const workspace = await createWorkspace();
  const series: Series[] = [];
  try {
    const base = { workspace, options, report, signal };
    if (options.cases.includes('start-up')) {
      series.push(...(await runStartUp({ rounds: options.rounds, report, signal })));
    }
    if (options.cases.includes('site')) series.push(...(await runSite(base)));
    const onHosts = options.cases.filter((name) => name !== 'site' && name !== 'start-up');
    const found = onHosts.length > 0 ? await runOnHosts(onHosts, base) : undefined;
    const results = {
      began,
      command: ['npm run bench --', ...withoutFiles(process.argv.slice(2))].join(' '),
      options,
      versions: found?.versions ?? (await readVersions(undefined)),
      latency: found?.latency ?? [],
      series: [...series, ...(found?.series ?? [])],
    };
    const text = resultsText(results);
    process.stdout.write(text);
    if (options.results !== undefined) await writeFile(options.results, text);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
  } finally {
    await removeWorkspace(workspace);
  }
}

interface Found {
  readonly series: readonly Series[];
  readonly versions: Readonly<Record<string, string>>;
  readonly latency: readonly Distance['by'][];
}

/** The cases for all contestants: the way gets longer from one set of rounds to the next, the hosts stay. */
async function runOnHosts(
  names: readonly (HostCase | 'many' | 'big-file')[],
  base: Omit<Bench, 'hosts' | 'releases'>,
): Promise<Found> {
  const { workspace, options, signal } = base;
  const withPeers = options.contestants.some((name) => name === 'ansible' || name === 'mitogen');
  if (withPeers) await installPeers(report);
  const inventory = join(workspace, 'cluster.yml');
  await writeFile(inventory, clusterInventory(options));
  // The youngest release with a Python that ansible-core 2.14, bookworm's, can use on the hosts.
  const hosts = await raiseHosts({ inventory, suite: 'bookworm', project: workspace, report, signal });
  try {
    if (withPeers) await installPython(hosts);
    if (names.includes('first')) await saveDisks(hosts);
    const running: Bench = { ...base, hosts, releases: createReleases() };
    const series: Series[] = [];
    const latency: Distance['by'][] = [];
    for (const rtt of options.rtt) {
      const distance = await addLatency(hosts, rtt, workspace);
      try {
        latency.push(distance.by);
        const field = await fieldAt(running, distance);
        for (const name of names) {
          if (name !== 'many' && name !== 'big-file')
            series.push(...(await runCase(name, rtt, field, running)));
          else if (rtt === options.rtt[0])
            series.push(...(await (name === 'many' ? runMany : runBigFile)(field, running)));
        }
      } finally {
        await distance.remove();
      }
    }
    return { series, latency, versions: await readVersions(hosts) };
  } finally {
    await hosts.remove();
  }
}

function clusterInventory({ cluster, subnet, hosts }: Options): string {
  const parsed = parseSubnet(subnet);
  if (parsed === undefined || parsed.prefix > 25)
    throw new UsageError(`--subnet ${subnet}: give a /16 to /25`);
  const first = subnet.split('.').slice(0, 3).join('.');
  return stringify({
    all: {
      vars: { cluster_name: cluster, cluster_subnet: subnet, ansible_user: 'admin' },
      hosts: Object.fromEntries(
        range(hosts).map((number) => [`host${number}`, { ansible_host: `${first}.${number + 10}` }]),
      ),
    },
  });
}

/** Where the results went is nobody's business but whose machine it is. */
function withoutFiles(words: readonly string[]): string[] {
  const isFile = (word: string | undefined): boolean => word === '--results' || word === '--json';
  return words.filter((word, index) => !isFile(word) && !isFile(words[index - 1]));
}
