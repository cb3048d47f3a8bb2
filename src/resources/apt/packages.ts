import type { Answers, CommandQuery, Query, ScriptQuery } from '../../agent/query.js';
import type { Change } from '../resource.js';
import { aptGet } from './apt-get.js';
import { fetchesLists } from './lists.js';
import { versionMatches, wantedPackages, type AptParams, type Wanted } from './params.js';
import type { AptPart } from './part.js';

/** The packages that are named. */
export const namedPackages: AptPart = {
  queries(params, known) {
    const wanted = wantedPackages(params);
    if (wanted.length === 0) return [];
    const queries: Query[] = wanted.map(({ name }) => ({ kind: 'package', name }));
    if (params.state === 'latest')
      queries.push(...wanted.map(({ name }): Query => ({ kind: 'candidate', name })));
    if (params.state === 'absent' && params.purge) queries.push(leftoversQuery(wanted));
    return [...queries, ...virtualQueries(params, known)];
  },

  changes: (params, answers) => wantedPackages(params).flatMap((wanted) => changeOf(wanted, params, answers)),

  steps(params, changes) {
    const all = params.state === 'latest' && fetchesLists(changes);
    const packages = wantedPackages(params)
      .filter(
        ({ name }) =>
          all || changes.some((change) => change.subject === name && FIELDS.includes(change.field)),
      )
      .map(({ name, version }) =>
        version === undefined || params.state === 'absent' ? name : `${name}=${version}`,
      );
    if (packages.length === 0) return [];
    const verb =
      params.state === 'absent'
        ? ['remove', ...(params.purge ? ['--purge'] : []), ...(params.autoremove ? ['--auto-remove'] : [])]
        : ['install', ...(params.only_upgrade ? ['--only-upgrade'] : [])];
    return [aptGet(params, verb, packages)];
  },
};

const FIELDS = ['version', 'configuration'];

function changeOf({ name, version: pin }: Wanted, params: AptParams, answers: Answers): Change[] {
  const installed = answers.get<'package'>({ kind: 'package', name }).version;
  const change = (after: string | null): Change[] => [
    { subject: name, field: 'version', before: installed, after },
  ];
  if (params.state === 'absent') {
    if (installed !== null) return change(null);
    return params.purge && hasLeftovers(name, params, answers)
      ? [{ subject: name, field: 'configuration', before: 'left from an earlier installation', after: null }]
      : [];
  }
  if (installed === null) {
    if (params.only_upgrade || isProvided(name, params, answers)) return [];
    return change(pin ?? 'installed');
  }
  if (pin !== undefined) return versionMatches(installed, pin) ? [] : change(pin);
  if (params.state === 'present') return [];
  const candidate = answers.get<'candidate'>({ kind: 'candidate', name }).version;
  return candidate === null || candidate === installed ? [] : change(candidate);
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
  return [query, ...provided.map((name): Query => ({ kind: 'candidate', name }))];
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
  return answers.get<'candidate'>({ kind: 'candidate', name }).version === null;
}
