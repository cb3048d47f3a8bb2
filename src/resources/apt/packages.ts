import type { Answers, CandidateQuery, CommandQuery, Query, ScriptQuery } from '../../agent/query.js';
import { TaskError } from '../../errors.js';
import type { Change } from '../resource.js';
import { aptGet, type Transaction } from './apt-get.js';
import { preferredRelease, versionMatches, wantedPackages, type AptParams, type Wanted } from './params.js';
import type { AptPart } from './part.js';
import { simulated, simulation } from './simulation.js';

/** The packages that are named, and what comes and goes with them. */
export const namedPackages: AptPart = {
  queries(params, known) {
    const wanted = wantedPackages(params);
    if (wanted.length === 0) return [];
    const queries: Query[] = wanted.map(({ name }) => ({ kind: 'package', name }));
    if (params.state === 'latest') queries.push(...wanted.map(({ name }) => candidateQuery(name, params)));
    if (params.state === 'absent' && params.purge) queries.push(leftoversQuery(wanted));
    if (!queries.every((query) => known.has(query))) return queries;
    queries.push(...virtualQueries(params, known));
    // A host in sync is not asked what apt would do, not even where a name is virtual.
    const transaction = queries.every((query) => known.has(query)) ? transactionOf(params, known) : undefined;
    return transaction ? [...queries, simulation(params, transaction)] : queries;
  },

  installs(params, answers) {
    const wanted = wantedPackages(params);
    if (wanted.length === 0 || params.state === 'absent') return false;
    if (params.state === 'present') return wanted.some((one) => differs(one, params, answers));
    return (
      !params.only_upgrade ||
      wanted.some(({ name }) => answers.get<'package'>({ kind: 'package', name }).version !== null)
    );
  },

  changes(params, answers) {
    const transaction = transactionOf(params, answers);
    if (!transaction) return [];
    const wanted = wantedPackages(params);
    const left = wanted
      .filter(({ name }) => params.state === 'absent' && !isInstalled(name, answers))
      .filter((one) => differs(one, params, answers))
      .map(({ name }): Change => ({
        subject: name,
        field: 'configuration',
        before: 'left from an earlier installation',
        after: null,
      }));
    const moves = simulated(params, transaction, answers).filter(
      ({ subject }) => !left.some((one) => isNamed(subject, one.subject)),
    );
    refusePinned(wanted, params, moves);
    const isOwn = ({ subject }: Change): boolean => wanted.some(({ name }) => isNamed(subject, name));
    return [...left, ...moves.filter(isOwn), ...moves.filter((move) => !isOwn(move))];
  },

  steps(params, answers) {
    const transaction = transactionOf(params, answers);
    return transaction ? [aptGet(params, transaction)] : [];
  },
};

/** What is to be done about those that differ: the one thing that is simulated, and done. */
function transactionOf(params: AptParams, answers: Answers): Transaction | undefined {
  const packages = wantedPackages(params)
    .filter((one) => differs(one, params, answers))
    .map(({ name, version }) =>
      version === undefined || params.state === 'absent' ? name : `${name}=${version}`,
    );
  if (packages.length === 0) return undefined;
  const unneeded = params.autoremove ? ['--auto-remove'] : [];
  const verb =
    params.state === 'absent'
      ? ['remove', ...(params.purge ? ['--purge'] : []), ...unneeded]
      : ['install', ...(params.only_upgrade ? ['--only-upgrade'] : []), ...unneeded];
  return { verb, packages };
}

function differs({ name, version: pin }: Wanted, params: AptParams, answers: Answers): boolean {
  const installed = answers.get<'package'>({ kind: 'package', name }).version;
  if (params.state === 'absent')
    return installed !== null || (params.purge && hasLeftovers(name, params, answers));
  if (installed === null) return !params.only_upgrade && !isProvided(name, params, answers);
  if (pin !== undefined) return !versionMatches(installed, pin);
  if (params.state === 'present') return false;
  const candidate = answers.get<'candidate'>(candidateQuery(name, params)).version;
  // Without an answer there is no such release, which apt-get says of itself.
  if (candidate === null) return preferredRelease(params) !== undefined;
  return candidate !== installed;
}

function candidateQuery(name: string, params: AptParams): CandidateQuery {
  const release = preferredRelease(params);
  return { kind: 'candidate', name, ...(release === undefined ? {} : { release }) };
}

function isInstalled(name: string, answers: Answers): boolean {
  return answers.get<'package'>({ kind: 'package', name }).version !== null;
}

/** apt writes the architecture of a package only where it is not the host's own. */
function isNamed(subject: string, name: string): boolean {
  return subject === name || subject === name.replace(/:.*/, '');
}

/** What one package needs may be another version of one that the same task pins. */
function refusePinned(wanted: readonly Wanted[], params: AptParams, moves: readonly Change[]): void {
  if (params.state === 'absent') return;
  for (const { name, version: pin } of wanted) {
    const move = moves.find(({ subject, field }) => field === 'version' && isNamed(subject, name));
    if (pin === undefined || !move || (move.after !== null && versionMatches(String(move.after), pin)))
      continue;
    throw new TaskError(`${name} is to be ${pin}, and the other packages of this task would change it`, {
      detail: [`${name}: ${String(move.before)} -> ${String(move.after ?? 'removed')}`],
      hint: 'give versions that go together',
    });
  }
}

/** A package that was removed may have left its configuration files, which dpkg remembers. */
function leftoversQuery(wanted: readonly Wanted[]): CommandQuery {
  return {
    kind: 'command',
    argv: ['dpkg-query', '-W', '-f', '${db:Status-Status} ${Package}\\n', ...wanted.map(({ name }) => name)],
  };
}

function hasLeftovers(name: string, params: AptParams, answers: Answers): boolean {
  const { stdout } = answers.get<'command'>(leftoversQuery(wantedPackages(params)));
  return stdout.split('\n').includes(`config-files ${name.replace(/:.*/, '')}`);
}

/**
 * A name that is not installed may be virtual (`mail-transport-agent`) and provided by a package that is. Asked only
 * where something would be installed, so that a host in sync does not pay for it.
 */
function virtualQueries(params: AptParams, known: Answers): Query[] {
  const missing = missingNames(params, known);
  if (missing.length === 0) return [];
  const query = providedQuery(missing);
  const provided = known.has(query) ? providedNames(missing, known) : [];
  return [query, ...provided.map((name) => candidateQuery(name, params))];
}

function missingNames(params: AptParams, known: Answers): string[] {
  if (params.state === 'absent' || params.only_upgrade) return [];
  return wantedPackages(params)
    .filter(({ name, version }) => {
      const query = { kind: 'package', name } as const;
      return version === undefined && known.has(query) && known.get<'package'>(query).version === null;
    })
    .map(({ name }) => name);
}

function providedQuery(names: readonly string[]): ScriptQuery {
  return {
    kind: 'script',
    code: `dpkg-query -W -f '\${db:Status-Status}, \${Provides}\\n' | sed -n 's/^installed, //p' |
tr ',' '\\n' | sed 's/^ *//; s/[ :].*//' | grep -Fx -- "$1" | sort -u`,
    args: [names.join('\n')],
  };
}

function providedNames(missing: readonly string[], known: Answers): string[] {
  const provided = known.get<'script'>(providedQuery(missing)).stdout.split('\n');
  return missing.filter((name) => provided.includes(name));
}

/** Provided by an installed package, and nothing that apt could install under its own name. */
function isProvided(name: string, params: AptParams, answers: Answers): boolean {
  const missing = missingNames(params, answers);
  if (!missing.includes(name) || !providedNames(missing, answers).includes(name)) return false;
  return answers.get<'candidate'>(candidateQuery(name, params)).version === null;
}
