import type { ContentQuery } from '../../agent/query.js';
import {
  installedVersion,
  latestQuery,
  manifestQuery,
  packageChanges,
  packageSpec,
} from './package-state.js';
import { type NpmMode, type NpmParams, npmArgv, npmInstall, ownProgram } from './params.js';

/** A package for the whole host. */
export const globalPackage: NpmMode = {
  queries: (params) => [...manifests(params), ...(params.state === 'latest' ? [latestQuery(params)] : [])],

  plan: (params, answers) => packageChanges(params, installedVersion(answers, manifests(params)), answers),

  apply(params) {
    const argv =
      params.state === 'absent'
        ? npmArgv(params, 'uninstall', '--global', params.name!)
        : npmInstall(params, 'install', '--global', packageSpec(params));
    return [{ kind: 'run', argv, ...ownProgram(params) }];
  },
};

/**
 * Where global packages are: beside the given npm, below /usr/local (Debian's npm, or a Node.js that was installed
 * there) or below /usr (NodeSource). `npm root -g` would say it, at the price of starting Node at every run.
 */
function manifests({ name, executable }: NpmParams): ContentQuery[] {
  const own = executable === undefined ? [] : [executable.replace(/\/[^/]+\/[^/]+$/, '')];
  const prefixes = new Set([...own, '/usr/local', '/usr']);
  return [...prefixes].map((prefix) => manifestQuery(`${prefix}/lib`, name!));
}
