import type { Answers, Query } from '../../agent/query.js';
import type { Place, Places, Step } from '../../agent/step.js';
import { TaskError } from '../../errors.js';
import type { Change } from '../resource.js';

export interface NpmParams {
  readonly name?: string;
  readonly version?: string | number;
  readonly global?: boolean;
  readonly path?: string;
  readonly state?: 'present' | 'latest' | 'absent';
  readonly ci?: boolean;
  readonly production?: boolean;
  readonly ignore_scripts?: boolean;
  readonly allow_scripts?: boolean | readonly string[];
  readonly registry?: string;
  readonly executable?: string;
}

/** One of the things that npm is used for. */
export interface NpmMode {
  queries(params: NpmParams, known: Answers): readonly Query[];
  plan(params: NpmParams, answers: Answers): readonly Change[];
  apply(params: NpmParams, changes: readonly Change[], answers: Answers): readonly Step[];
}

/**
 * Which of them the parameters mean.
 * @throws TaskError for parameters that do not go together
 */
export function modeOf(params: NpmParams): 'global' | 'local' | 'dependencies' {
  const { name, version, global, path, state, ci } = params;
  if (global === true) {
    if (name === undefined) throw refused('global needs the name of a package');
    if (path !== undefined) throw refused('global and path do not go together');
  } else if (path === undefined) {
    throw refused('npm needs global: true or the path of a folder');
  }
  if (name === undefined && state === 'latest') throw refused('state: latest needs the name of a package');
  if (name === undefined && state === 'absent') throw refused('state: absent needs the name of a package');
  if (name === undefined && version !== undefined) throw refused('version needs the name of a package');
  if (name !== undefined && ci === true)
    throw refused('ci installs what package-lock.json says and takes no name');
  if (version !== undefined && state === 'latest')
    throw refused('version and state: latest do not go together');
  if (Array.isArray(params.allow_scripts) && global !== true)
    throw new TaskError('allow_scripts with names goes with global: true alone', {
      hint: 'in a project npm takes the names from allowScripts in package.json; allow_scripts: true runs all of them',
    });
  if (params.ignore_scripts === true && params.allow_scripts !== undefined && params.allow_scripts !== false)
    throw new TaskError('ignore_scripts and allow_scripts do not go together', {
      hint: 'leave one of them out',
    });
  if (global === true) return 'global';
  return name === undefined ? 'dependencies' : 'local';
}

/** What npm believes of a folder: it runs what these say. */
const BELIEVED = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', '.npmrc', 'node_modules'];

/** npm runs with the rights of whose folder it is; as root only where what it believes is nobody else's. */
export function insidePath({ path, executable }: NpmParams): Places {
  const folder = path!.replace(/(?<=.)\/+$/, '');
  return [
    { path: folder, how: 'inside' },
    ...BELIEVED.map((name): Place => ({ path: `${folder}/${name}`, how: 'code' })),
    ...programPlaces(executable),
  ];
}

/** npm itself, where the task names it: its owner decides who runs it. */
export function ownProgram({ executable }: NpmParams): { readonly at?: Places } {
  const [program] = programPlaces(executable);
  return program ? { at: [program] } : {};
}

function programPlaces(executable: string | undefined): Place[] {
  return executable === undefined ? [] : [{ path: executable, how: 'code' }];
}

/**
 * sh that prints, in the folder, the first of the packages there that is not root's alone, where root would run npm: it runs scripts of
 * packages that are there already, too, as when it rebuilds them.
 */
export const FOREIGN = `[ "$(id -u)" != 0 ] || [ ! -d node_modules ] ||
find "$PWD/node_modules/" \\( ! -uid 0 -o ! -type l \\( -perm -002 -o -perm -020 ! -gid 0 \\) \\) -print -quit`;

/** @throws TaskError for what FOREIGN has printed */
export function requireOwnModules({ path }: NpmParams, foreign: string): void {
  if (foreign === '') return;
  throw new TaskError(`${foreign} is not root's alone, and npm would run what it says as root`, {
    hint: `remove ${path}/node_modules, or give all of it to root; or work as the user whose it is: become_user`,
  });
}

/** npm with the options that every call of ours has. */
export function npmArgv(params: NpmParams, ...words: readonly string[]): string[] {
  return [
    params.executable ?? 'npm',
    ...words,
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    ...(params.production === true ? ['--omit=dev'] : []),
    ...(params.ignore_scripts === true ? ['--ignore-scripts'] : []),
    ...(params.registry === undefined ? [] : [`--registry=${params.registry}`]),
  ];
}

/**
 * The same, for what installs. npm 12 runs install scripts of those packages only that the project allows, leaves the others out with a warning
 * and ends with 0: what needs them does not work then. So it is told to fail, naming them; earlier ones do not know the option.
 */
export function npmInstall(params: NpmParams, ...words: readonly string[]): string[] {
  const { ignore_scripts: ignored, allow_scripts: allowed } = params;
  const argv = npmArgv(params, ...words);
  if (ignored === true) return argv;
  if (allowed === true) return [...argv, '--dangerously-allow-all-scripts'];
  const names = Array.isArray(allowed) && allowed.length > 0 ? [`--allow-scripts=${allowed.join(',')}`] : [];
  return [...argv, '--strict-allow-scripts', ...names];
}

function refused(message: string): TaskError {
  return new TaskError(message, {
    hint: 'use global with name for the whole host, path with name for one package, path alone for a package.json',
  });
}
