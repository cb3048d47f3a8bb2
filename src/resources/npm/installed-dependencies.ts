import type { ScriptQuery } from '../../agent/query.js';
import { MissingPrerequisiteError } from '../../errors.js';
import {
  FOREIGN,
  type NpmMode,
  type NpmParams,
  insidePath,
  npmArgv,
  npmInstall,
  requireOwnModules,
} from './params.js';

/**
 * What package.json and its lock ask for. After an install the hash of both, of what npm says it has put into
 * node_modules (its hidden lock) and of our options is kept in node_modules: a run that finds the same needs no npm.
 */
export const installedDependencies: NpmMode = {
  queries: (params) => [stateQuery(params)],

  plan(params, answers) {
    const path = params.path!;
    const { rc, stdout } = answers.get<'script'>(stateQuery(params));
    if (rc !== 0) {
      throw new MissingPrerequisiteError(`there is no package.json in ${path}`, {
        hint: 'put the application there before its dependencies are installed',
      });
    }
    const lines = stdout.split('\n');
    const [recorded = '', wanted = '', lock = '', foreign = ''] = lines;
    if (params.ci === true && lock !== 'locked') {
      throw new MissingPrerequisiteError(`there is no package-lock.json in ${path}`, {
        hint: 'commit the lock file with the application, or leave out ci',
      });
    }
    if (recorded === wanted) return [];
    requireOwnModules(params, foreign);
    return [
      {
        subject: `${path}/node_modules`,
        field: 'dependencies',
        before: recorded === '' ? null : 'of another package.json or lock',
        after: params.ci === true ? 'as in package-lock.json' : 'as in package.json',
      },
    ];
  },

  apply: (params) => [
    {
      kind: 'run',
      argv: npmInstall(params, params.ci === true ? 'ci' : 'install'),
      cwd: params.path!,
      at: insidePath(params),
    },
    { kind: 'script', code: `${STATE}\n${RECORD}`, args: stateArguments(params), at: insidePath(params) },
  ],
};

const STATE = `cd -- "$1" && [ -f package.json ] || exit 3
state() {
  for file in package.json package-lock.json npm-shrinkwrap.json node_modules/.package-lock.json; do
    if [ -f "$file" ]; then sha256sum "$file"; fi
  done
  printf '%s\\n' "$1"
}
now=$(state "$2" | sha256sum)
now=\${now%% *}`;

// The packages that are there are looked at only where npm is going to run.
const READ = `recorded=$(cat node_modules/.provision 2>/dev/null)
printf '%s\\n%s\\n' "$recorded" "$now"
if [ -f package-lock.json ] || [ -f npm-shrinkwrap.json ]; then echo locked; else echo; fi
[ "$recorded" = "$now" ] || { ${FOREIGN}; }`;

const RECORD = `mkdir -p node_modules
printf '%s\\n' "$now" >node_modules/.provision`;

function stateQuery(params: NpmParams): ScriptQuery {
  return { kind: 'script', code: `${STATE}\n${READ}`, args: stateArguments(params), at: insidePath(params) };
}

function stateArguments(params: NpmParams): string[] {
  const options = npmArgv({ ...params, executable: 'npm' }, params.ci === true ? 'ci' : 'install');
  return [params.path!, options.join(' ')];
}
