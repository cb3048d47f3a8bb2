import type { Answers, Query, ScriptQuery } from '../../agent/query.js';
import type { Step } from '../../agent/step.js';
import type { Change, Preparation } from '../resource.js';
import { aptGet } from './apt-get.js';
import { upgradesAll, wantedPackages, type AptParams } from './params.js';

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
 * Fresh lists are wanted where they are older than they may be and something is to be installed, or they alone say whether there is
 * something (latest, upgrade). Fetching them is no change of what a task is about: it is planned again from the fresh ones.
 */
export function listsPreparation(
  params: AptParams,
  installs: boolean,
  answers: Answers,
): Preparation | undefined {
  if (!installs || !areTooOld(params, answers)) return undefined;
  const age =
    params.cache_valid_time > 0
      ? `may be over ${params.cache_valid_time} s old`
      : 'are as they were last fetched';
  return {
    why: `the package lists ${age}: a run fetches them first`,
    changes: [fetched(params, answers)],
    steps: fetch(params),
  };
}

/** A task that asks for nothing else. */
export function listsChanges(params: AptParams, answers: Answers): Change[] {
  return isAlone(params) && areTooOld(params, answers) ? [fetched(params, answers)] : [];
}

export function listsSteps(params: AptParams, answers: Answers): Step[] {
  return isAlone(params) && areTooOld(params, answers) ? fetch(params) : [];
}

function areTooOld(params: AptParams, answers: Answers): boolean {
  return params.update_cache && (params.cache_valid_time === 0 || ageOf(answers) > params.cache_valid_time);
}

function fetched(params: AptParams, answers: Answers): Change {
  return {
    subject: 'package lists',
    field: 'age',
    // Not the age itself: it is another one a second later, and the plan is the same.
    before:
      params.cache_valid_time > 0 && Number.isFinite(ageOf(answers))
        ? `over ${params.cache_valid_time} s`
        : 'unknown',
    after: 'fetched now',
    kind: 'action',
  };
}

function fetch(params: AptParams): Step[] {
  const stamp = '/var/lib/apt/periodic/update-success-stamp';
  return [
    aptGet(params, { verb: ['update', '-o', 'APT::Update::Error-Mode=any'] }),
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
