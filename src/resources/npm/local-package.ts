import type { Answers, ScriptQuery } from '../../agent/query.js';
import type { Change } from '../resource.js';
import {
  installedVersion,
  latestQuery,
  manifestQuery,
  packageChanges,
  packageSpec,
} from './package-state.js';
import {
  type NpmMode,
  type NpmParams,
  FOREIGN,
  insidePath,
  npmArgv,
  npmInstall,
  requireOwnModules,
} from './params.js';

/** One package in the node_modules of a folder. */
export const localPackage: NpmMode = {
  queries(params, known) {
    const asked = [
      manifestQuery(params.path!, params.name!),
      ...(params.state === 'latest' ? [latestQuery(params)] : []),
    ];
    const differs = asked.every((query) => known.has(query)) && changesOf(params, known).length > 0;
    return differs ? [...asked, modulesQuery(params)] : asked;
  },

  plan(params, answers) {
    const changes = changesOf(params, answers);
    if (changes.length > 0) {
      const { stdout } = answers.get<'script'>(modulesQuery(params));
      requireOwnModules(params, stdout.replace(/\n$/, ''));
    }
    return changes;
  },

  apply(params) {
    const argv =
      params.state === 'absent'
        ? npmArgv(params, 'uninstall', params.name!)
        : npmInstall(params, 'install', packageSpec(params));
    return [{ kind: 'run', argv, cwd: params.path!, at: insidePath(params) }];
  },
};

function changesOf(params: NpmParams, answers: Answers): Change[] {
  const installed = installedVersion(answers, [manifestQuery(params.path!, params.name!)]);
  return packageChanges(params, installed, answers);
}

/** Asked only where npm is going to run: the packages are many. */
function modulesQuery(params: NpmParams): ScriptQuery {
  return {
    kind: 'script',
    code: `cd -- "$1" && { ${FOREIGN}; }`,
    args: [params.path!],
    at: insidePath(params),
  };
}
