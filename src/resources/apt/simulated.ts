import type { Answers, CommandQuery } from '../../agent/query.js';
import { TaskError } from '../../errors.js';
import type { Change } from '../resource.js';
import { aptGet } from './apt-get.js';
import { fetchesLists } from './lists.js';
import { upgradesAll, wantedPackages, type AptParams } from './params.js';
import type { AptPart } from './part.js';

/** An upgrade of all packages: what it would do is what apt-get says it would. */
export const upgrade: AptPart = {
  queries: (params) => (upgradesAll(params) ? [simulation(upgradeVerb(params))] : []),
  changes: (params, answers) =>
    upgradesAll(params) ? readSimulation(upgradeVerb(params), 'upgrade', answers) : [],
  steps: (params, changes) =>
    upgradesAll(params) && (hasField(changes, 'upgrade') || fetchesLists(changes))
      ? [aptGet(params, upgradeVerb(params))]
      : [],
};

/** The removal of all that is not needed any more, where no package is named. */
export const autoremove: AptPart = {
  queries: (params) => (removesAll(params) ? [simulation(['autoremove'])] : []),
  changes: (params, answers) =>
    removesAll(params) ? readSimulation(['autoremove'], 'unneeded', answers) : [],
  steps: (params, changes) =>
    hasField(changes, 'unneeded')
      ? [aptGet(params, ['autoremove', ...(params.purge ? ['--purge'] : [])])]
      : [],
};

function upgradeVerb({ upgrade: kind }: AptParams): string[] {
  return kind === 'full' || kind === 'dist' ? ['dist-upgrade'] : ['upgrade', '--with-new-pkgs'];
}

function removesAll(params: AptParams): boolean {
  return params.autoremove && wantedPackages(params).length === 0;
}

function simulation(verb: readonly string[]): CommandQuery {
  return {
    kind: 'command',
    argv: ['apt-get', '-s', '-q', '-o', 'Debug::NoLocking=1', ...verb],
    timeout: 120,
  };
}

/** Lines as `Inst tzdata [2024a-0] (2024b-0 Debian:12.7/stable [all])` and `Remv linux-image-6.1.0-9 [6.1.27-1]`. */
function readSimulation(verb: readonly string[], field: string, answers: Answers): Change[] {
  const { rc, stdout, stderr } = answers.get<'command'>(simulation(verb));
  if (rc !== 0) {
    throw new TaskError(`apt-get ${verb.join(' ')} is not possible now`, {
      detail: stderr.trim().split('\n').slice(-10),
    });
  }
  return stdout.split('\n').flatMap((line): Change[] => {
    const [, action, subject, before, after] =
      /^(Inst|Remv) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?/.exec(line) ?? [];
    if (subject === undefined) return [];
    return [
      { subject, field, before: before ?? null, after: action === 'Remv' ? null : (after ?? 'installed') },
    ];
  });
}

function hasField(changes: readonly Change[], field: string): boolean {
  return changes.some((change) => change.field === field);
}
