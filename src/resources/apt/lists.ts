import type { Answers, Query, ScriptQuery } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import type { Change } from '../resource.js';
import { aptGet } from './apt-get.js';
import { upgradesAll, wantedPackages, type AptParams } from './params.js';

const SUBJECT = 'package lists';

// Lists are as old as the last successful update, and worth nothing when a source was added since.
const AGE: ScriptQuery = {
  kind: 'script',
  code: `cd /var/lib/apt || exit 0
set -- lists/*_*
[ -e "$1" ] || exit 0
stamp=lists
[ ! periodic/update-success-stamp -nt lists ] || stamp=periodic/update-success-stamp
for source in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/sources.list.d/*; do
  [ ! "$source" -nt "$stamp" ] || exit 0
done
# The folder of a process is as old as the process: that is now.
set -- $(stat -L -c %Y "$stamp" /proc/self)
echo $(($2 - $1))`,
};

export function listsQueries({ update_cache, cache_valid_time }: AptParams): Query[] {
  return update_cache && cache_valid_time > 0 ? [AGE] : [];
}

/**
 * Fresh lists are wanted for an installation, or where the lists alone say whether there is one (latest, upgrade) and
 * they are older than they may be, or where the task asks for nothing else.
 */
export function listsChanges(params: AptParams, others: readonly Change[], answers: Answers): Change[] {
  if (!params.update_cache) return [];
  const age = params.cache_valid_time > 0 ? ageOf(answers) : Infinity;
  if (age <= params.cache_valid_time) return [];
  const installs = others.some((change) => change.after !== null);
  const unknown = (params.state === 'latest' || upgradesAll(params)) && params.cache_valid_time > 0;
  if (!installs && !unknown && !isAlone(params)) return [];
  return [
    {
      subject: SUBJECT,
      field: 'age',
      // Not the age itself: it is another one a second later, and the plan is the same.
      before: Number.isFinite(age) ? `over ${params.cache_valid_time} s` : 'unknown',
      after: 'fetched now',
      kind: 'action',
    },
  ];
}

/** Whether the plan fetches the lists: what is latest is known only then. */
export function fetchesLists(changes: readonly Change[]): boolean {
  return changes.some((change) => change.subject === SUBJECT);
}

export function listsSteps(params: AptParams, changes: readonly Change[]): Step[] {
  if (!fetchesLists(changes)) return [];
  const stamp = '/var/lib/apt/periodic/update-success-stamp';
  return [
    aptGet(params, ['-o', 'APT::Update::Error-Mode=any', 'update']),
    { kind: 'run', argv: ['install', '-D', '-m', '0644', '/dev/null', stamp] },
  ];
}

function ageOf(answers: Answers): number {
  const seconds = answers.get<'script'>(AGE).stdout.trim();
  return /^-?\d+$/.test(seconds) ? Number(seconds) : Infinity;
}

function isAlone(params: AptParams): boolean {
  return (
    wantedPackages(params).length === 0 &&
    params.deb === undefined &&
    !upgradesAll(params) &&
    !params.autoremove
  );
}
