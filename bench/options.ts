import { Command, InvalidArgumentError } from 'commander';
import { caseNames, type CaseName } from './cases.js';
import { contestantNames, type ContestantName } from './contestants.js';

export interface Options {
  readonly hosts: number;
  readonly rounds: number;
  readonly cases: readonly CaseName[];
  /** round-trip times to add, in milliseconds */
  readonly rtt: readonly number[];
  readonly contestants: readonly ContestantName[];
  /** seconds that one contestant may spend on one case at one RTT before it leaves further rounds to the others */
  readonly budget: number;
  /** of the file of big-file, in MiB */
  readonly size: number;
  readonly subnet: string;
  readonly cluster: string;
  readonly results: string | undefined;
  readonly json: string | undefined;
}

/** @throws CommanderError after it has printed help or what is wrong */
export function readOptions(argv: readonly string[]): Options {
  const command = new Command('npm run bench --')
    .description('This project, its peers and the floor (parallel `ssh HOST true`), on the same hosts.')
    .option('--hosts <n>', 'hosts of the cluster', whole(1, 60), 7)
    .option('--rounds <n>', 'interleaved rounds of each case', whole(1, 100), 5)
    .option('--cases <list>', `of ${caseNames.join(',')}`, listOf(caseNames), caseNames)
    .option('--rtt <list>', 'milliseconds to add to each round trip', rttList, [0, 50, 200])
    .option(
      '--contestants <list>',
      `of ${contestantNames.join(',')}`,
      listOf(contestantNames),
      contestantNames,
    )
    .option(
      '--budget <seconds>',
      'a contestant that has spent more on one case at one RTT takes no part in its further rounds',
      whole(1, 86_400),
      600,
    )
    .option('--size <MiB>', 'of the file of big-file', whole(1, 100_000), 1024)
    .option('--quick', 'a smoke test: 2 hosts, 1 round, no latency, no peers, no file is written')
    .option('--subnet <cidr>', 'private range for the cluster', '10.96.0.0/24')
    .option('--cluster <name>', 'name of the cluster', 'bench')
    .option('--results <file>', 'where the table goes', 'bench/RESULTS.md')
    .option('--json <file>', 'write every single time there as well');
  command.parse(argv, { from: 'user' });
  const given = command.opts<Omit<Options, 'results'> & { quick?: boolean; results: string }>();
  const said = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  if (given.quick !== true) return { ...given, json: given.json };
  return {
    ...given,
    hosts: said('hosts') ? given.hosts : 2,
    rounds: said('rounds') ? given.rounds : 1,
    size: said('size') ? given.size : 64,
    rtt: said('rtt') ? given.rtt : [0],
    contestants: said('contestants') ? given.contestants : ['floor', 'provision'],
    results: said('results') ? given.results : undefined,
    json: given.json,
  };
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}, not "${text}".`);
  };
}

function listOf<Name extends string>(names: readonly Name[]): (text: string) => readonly Name[] {
  return (text) =>
    text.split(',').map((part) => {
      const name = names.find((one) => one === part.trim());
      if (name !== undefined) return name;
      throw new InvalidArgumentError(`"${part}" is none of ${names.join(', ')}.`);
    });
}

function rttList(text: string): readonly number[] {
  return text.split(',').map(whole(0, 2000));
}
