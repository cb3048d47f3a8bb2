import {
  installedVersion,
  latestQuery,
  manifestQuery,
  packageChanges,
  packageSpec,
} from './package-state.js';
import { type NpmMode, insidePath, npmArgv, npmInstall } from './params.js';

/** One package in the node_modules of a folder. */
export const localPackage: NpmMode = {
  queries: (params) => [
    manifestQuery(params.path!, params.name!),
    ...(params.state === 'latest' ? [latestQuery(params)] : []),
  ],

  plan(params, answers) {
    const installed = installedVersion(answers, [manifestQuery(params.path!, params.name!)]);
    return packageChanges(params, installed, answers);
  },

  apply(params) {
    const argv =
      params.state === 'absent'
        ? npmArgv(params, 'uninstall', params.name!)
        : npmInstall(params, 'install', packageSpec(params));
    return [{ kind: 'run', argv, cwd: params.path!, at: insidePath(params) }];
  },
};
