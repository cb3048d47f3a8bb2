import {
  installedVersion,
  latestQuery,
  manifestQuery,
  packageChanges,
  packageSpec,
} from './package-state.js';
import { type NpmMode, insidePath, npmArgv } from './params.js';

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
    const words = params.state === 'absent' ? ['uninstall', params.name!] : ['install', packageSpec(params)];
    return [{ kind: 'run', argv: npmArgv(params, ...words), cwd: params.path!, at: insidePath(params) }];
  },
};
