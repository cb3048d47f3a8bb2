import type { CaseName } from './cases.js';
import type { Series } from './rounds.js';
import { differences, ratios, spreadOf, type Spread } from './statistics.js';

/** What the project holds itself to, as a figure of one run. */
export interface Verdict {
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Those targets for which the run has what is compared. */
export function verdicts(all: readonly Series[]): Verdict[] {
  const of = (name: CaseName, contestant: string, rtt = 0): readonly number[] =>
    all.find((one) => one.case === name && one.contestant === contestant && one.rtt === rtt)?.ms ?? [];
  const own = (name: CaseName, rtt = 0): readonly number[] => of(name, 'provision', rtt);
  const judge = (target: string, spread: Spread | undefined, limit: Limit): Verdict[] => {
    if (spread === undefined) return [];
    return [{ target, measured: spreadText(spread, limit.unit), met: within(spread.median, limit) }];
  };
  const peaks = (contestant: string): readonly number[] =>
    all.find((one) => one.case === 'big-file' && one.contestant === contestant)?.peakMb ?? [];
  const most = (most: number, unit: Unit = 'x'): Limit => ({ most, unit });
  const least = (least: number): Limit => ({ least, unit: 'x' });

  const converged = own('converged');
  const floor = spreadOf(of('files', 'floor'))?.median;
  const rtts = [...new Set(all.map(({ rtt }) => rtt))].filter((rtt) => rtt > 0);
  return [
    ...judge(
      'converged, 30 tasks: at most 1.5 x the floor',
      ratios(converged, of('converged', 'floor')),
      most(1.5),
    ),
    ...judge(
      'converged, 30 tasks: ansible-core takes at least 30 x as long',
      ratios(of('converged', 'ansible'), converged),
      least(30),
    ),
    ...judge(
      'converged, 30 tasks: ansible + mitogen takes at least 12 x as long',
      ratios(of('converged', 'mitogen'), converged),
      least(12),
    ),
    ...judge('site.yml converged: at most 2 x the floor', ratios(own('site'), of('site', 'floor')), most(2)),
    ...rtts.flatMap((rtt) => {
      const more = differences(own('converged', rtt), of('converged', 'floor', rtt));
      return judge(`converged at ${rtt} ms: at most 4 RTT over the floor`, scaled(more, rtt), most(4, 'RTT'));
    }),
    ...judge(
      'first run from bare: at most 0.5 x ansible-core',
      ratios(own('first'), of('first', 'ansible')),
      most(0.5),
    ),
    ...judge(
      'loop of 100 lines converged: at most 1.2 x one line',
      ratios(own('hundred-lines'), own('one-line')),
      most(1.2),
    ),
    ...(floor === undefined
      ? []
      : judge(
          '200 small files changed: at most 2 x the floor + 1 s',
          spreadOf(own('files').map((ms) => ms / (2 * floor + 1000))),
          most(1),
        )),
    ...judge(
      '200 hosts, converged 30 tasks: at most 250 MB in the controller',
      spreadOf(all.find((one) => one.case === 'many' && one.contestant === '200 hosts')?.peakMb ?? []),
      most(250, 'MB'),
    ),
    ...judge(
      '200 hosts take at most 2.2 x as long as 100',
      ratios(of('many', '200 hosts'), of('many', '100 hosts')),
      most(2.2),
    ),
    ...judge(
      'a large file: at least 0.6 x the speed of scp',
      ratios(of('big-file', 'scp'), own('big-file')),
      least(0.6),
    ),
    ...judge(
      'a large file: at most 60 MB more in the controller than without it',
      differences(peaks('provision'), peaks('no file')),
      most(60, 'MB'),
    ),
    ...judge(
      '`provision --version`: at most 1.5 x `node -e 0`',
      ratios(of('start-up', '--version'), of('start-up', 'node -e 0')),
      most(1.5),
    ),
    ...judge(
      '`--list-tasks` of the shipped site: at most 4 x `node -e 0`',
      ratios(of('start-up', '--list-tasks'), of('start-up', 'node -e 0')),
      most(4),
    ),
  ];
}

type Unit = 'x' | 'RTT' | 'MB';
type Limit = { readonly unit: Unit } & ({ readonly most: number } | { readonly least: number });

function within(value: number, limit: Limit): boolean {
  return 'most' in limit ? value <= limit.most : value >= limit.least;
}

function scaled(spread: Spread | undefined, unit: number): Spread | undefined {
  if (spread === undefined) return undefined;
  const { median, min, max, count } = spread;
  return { median: median / unit, min: min / unit, max: max / unit, count };
}

export function spreadText({ median, min, max }: Spread, unit: string): string {
  const number = (value: number): string => (value >= 10 ? value.toFixed(1) : value.toFixed(2));
  return `${number(median)} ${unit} (${number(min)} to ${number(max)})`;
}
