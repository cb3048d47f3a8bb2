import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cases, checkWork, workOf, type Case, type CaseName, type HostCase } from './cases.js';
import { contest, dialectOf, type ContestantName, type Field } from './contestants.js';
import { restoreDisks, type Hosts } from './hosts.js';
import type { Distance } from './latency.js';
import type { Options } from './options.js';
import { projectDir, inventoryText, writeSmallFiles } from './workspace.js';

/** Times of one contestant in one case, in the order of the rounds. */
export interface Series {
  readonly case: CaseName;
  /** milliseconds added to each round trip */
  readonly rtt: number;
  readonly contestant: string;
  readonly ms: readonly number[];
  /** the most memory of each run */
  readonly peakMb?: readonly number[];
}

export interface Bench {
  readonly hosts: Hosts;
  readonly workspace: string;
  readonly options: Options;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
  readonly releases: Releases;
}

/** What the first template holds: every change is a new one. */
export interface Releases {
  current(): number;
  next(): number;
}

export function createReleases(): Releases {
  let release = 0;
  return { current: () => release, next: () => (release += 1) };
}

/** The hosts as a case wants them, and where contestants find them. */
export async function fieldAt(bench: Bench, distance: Distance): Promise<Field> {
  const inventory = join(bench.workspace, `inventory.${distance.endpoints[0]!.port}.yml`);
  await writeFile(inventory, inventoryText(distance.endpoints, distance.login));
  const { workspace, signal } = bench;
  return { workspace, inventory, signal, endpoints: distance.endpoints, login: distance.login };
}

/** All contestants do the same, one after the other, round after round. */
export async function runCase(
  name: HostCase,
  rtt: number,
  field: Field,
  bench: Bench,
): Promise<readonly Series[]> {
  const { options, report } = bench;
  const one = cases[name];
  if (one.before === 'nothing') {
    await contest('provision', { ...workOf(one, bench.releases.current()), dryRun: false }, field);
  }
  const times = new Map<ContestantName, number[]>(options.contestants.map((contestant) => [contestant, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const contestant of inTurn(options.contestants, round)) {
      const before = times.get(contestant)!;
      if (sum(before) > options.budget * 1000) continue;
      const release = await prepare(one, contestant, bench);
      const ran = await contest(contestant, workOf(one, release), field);
      checkWork(one, contestant, { changed: ran.changed, hosts: field.endpoints.length });
      before.push(ran.ms);
      report(
        `${name}, ${rtt} ms, round ${round} of ${options.rounds}: ${contestant} ${(ran.ms / 1000).toFixed(2)} s`,
      );
    }
  }
  return [...times].map(([contestant, ms]) => ({ case: name, rtt, contestant, ms }));
}

/** Each round begins with another contestant, so that none is always the one after the slowest. */
export function inTurn<T>(all: readonly T[], round: number): T[] {
  const first = (round - 1) % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

async function prepare(one: Case, contestant: ContestantName, bench: Bench): Promise<number> {
  if (contestant === 'floor') return 0;
  if (one.before === 'bare hosts') await restoreDisks(bench.hosts);
  if (one.before === 'new files') {
    await writeSmallFiles(projectDir(bench.workspace, dialectOf(contestant)), String(performance.now()));
  }
  return one.newRelease ? bench.releases.next() : bench.releases.current();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
