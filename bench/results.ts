import { cpus } from 'node:os';
import { cases, caseNames, type CaseName } from './cases.js';
import type { Distance } from './latency.js';
import type { Options } from './options.js';
import type { Series } from './rounds.js';
import { ratios, spreadOf } from './statistics.js';
import { spreadText, verdicts } from './targets.js';

/** All that a run has found out. */
export interface Results {
  readonly began: Date;
  readonly command: string;
  readonly options: Options;
  readonly versions: Readonly<Record<string, string>>;
  readonly latency: readonly Distance['by'][];
  readonly series: readonly Series[];
}

/** bench/RESULTS.md. */
export function resultsText(results: Results): string {
  const { series, options } = results;
  const groups = groupsOf(series);
  return [
    '# Results',
    '',
    `Written by \`${results.command}\` on ${results.began.toISOString().slice(0, 10)}. [README.md](README.md) tells what is measured and how.`,
    '',
    ...table(
      ['what', 'version'],
      Object.entries(results.versions).map(([name, version]) => [name, version]),
    ),
    '',
    `${options.hosts} hosts (site.yml and start-up apart), ${options.rounds} interleaved rounds, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? '?'}). ${latencyText(results)}`,
    '',
    '## Targets',
    '',
    ...table(
      ['target', 'median (min to max) of the rounds', ''],
      verdicts(series).map(({ target, measured, met }) => [target, measured, met ? 'met' : '**missed**']),
    ),
    '',
    '## All times',
    '',
    'Seconds and ratios: median (least to most) of the rounds. The floor is one `ssh HOST true` to all hosts at the same time.',
    '',
    ...table(
      ['case', 'RTT', 'contestant', 'rounds', 'seconds', 'MB', 'over the floor', 'over provision'],
      groups.flatMap((group) => group.map((one) => row(one, group))),
    ),
    '',
  ].join('\n');
}

function row(one: Series, group: readonly Series[]): string[] {
  const other = (name: string): readonly number[] =>
    group.find(({ contestant }) => contestant === name)?.ms ?? [];
  const over = (name: string): string => {
    const spread = one.contestant === name ? undefined : ratios(one.ms, other(name));
    return spread === undefined ? '' : spreadText(spread, 'x');
  };
  const time = spreadOf(one.ms.map((ms) => ms / 1000));
  const floor = one.case === 'start-up' ? 'node -e 0' : 'floor';
  return [
    titleOf(one.case),
    `${one.rtt} ms`,
    one.contestant,
    String(one.ms.length),
    time === undefined ? '' : spreadText(time, 's'),
    one.peakMb === undefined ? '' : String(Math.max(...one.peakMb)),
    over(floor),
    over('provision'),
  ];
}

function titleOf(name: CaseName): string {
  if (name === 'site') return 'site.yml converged';
  if (name === 'many') return 'converged run, 30 tasks, many hosts';
  if (name === 'big-file') return 'a large file to all hosts';
  if (name === 'start-up') return 'start-up (over `node -e 0`)';
  return cases[name].title;
}

/** Series of one case at one RTT, in the order of the cases. */
function groupsOf(series: readonly Series[]): Series[][] {
  const keys = caseNames.flatMap((name) =>
    [...new Set(series.filter((one) => one.case === name).map(({ rtt }) => rtt))].map((rtt) => ({
      name,
      rtt,
    })),
  );
  return keys.map(({ name, rtt }) => series.filter((one) => one.case === name && one.rtt === rtt));
}

function latencyText({ latency }: Results): string {
  if (latency.includes('netem')) return 'Latency by netem on the cables.';
  if (latency.includes('relay'))
    return 'This kernel has no netem: latency by a TCP relay that delays each direction by half the RTT and models no slow start.';
  return 'No latency was added.';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
