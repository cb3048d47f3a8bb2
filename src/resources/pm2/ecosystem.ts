import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Answers, ScriptQuery } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { readForeignJson } from '../../foreign-json.js';
import type { Place } from '../../agent/step.js';
import { placesOf, type Pm2Params } from './params.js';
import { SURROUNDINGS } from './run-pm2.js';

/** An app as the ecosystem file describes it, as PM2 understands it. */
export interface WantedApp {
  readonly name: string;
  readonly script: string;
  readonly cwd: string;
  readonly execMode: 'fork_mode' | 'cluster_mode';
  readonly instances: number;
  /** undefined: whatever PM2 takes for the script */
  readonly interpreter: string | undefined;
  /** the beginnings of its log files' paths: PM2 may put the number of an instance behind them */
  readonly logs: readonly string[];
  readonly digest: string;
  readonly keys: readonly string[];
}

/** Let Node evaluate the ecosystem file, in the surroundings in which PM2 will. */
export function ecosystemQuery(params: Pm2Params): ScriptQuery {
  return {
    kind: 'script',
    code: EVALUATE,
    args: [params.pm2_home, params.executable ?? 'pm2', params.ecosystem],
    at: placesOf(params),
  };
}

/**
 * Whether root may run what the ecosystem file names: its scripts, and the folders that they start in. Undefined where another user would,
 * or it is not known yet. The answer is a refusal where it may not.
 */
export function scriptsQuery(params: Pm2Params, known: Answers): ScriptQuery | undefined {
  const query = ecosystemQuery(params);
  if (!known.has(query)) return undefined;
  const { rc, stdout } = known.get<'script'>(query);
  if (rc !== 0 || parseEvaluation(stdout)?.uid !== 0) return undefined;
  const code = wantedApps(params, known).flatMap(({ script, cwd }) => [script, cwd]);
  return {
    kind: 'script',
    code: ':',
    at: [...placesOf(params), ...[...new Set(code)].map((path): Place => ({ path, how: 'code' }))],
  };
}

/**
 * The apps of the ecosystem file; only the one called `name` when that is given.
 * @throws TaskError when the file cannot be evaluated or describes no such app
 */
export function wantedApps(params: Pm2Params, answers: Answers): WantedApp[] {
  const { rc, stdout, stderr } = answers.get<'script'>(ecosystemQuery(params));
  if (rc === 127) {
    throw new MissingPrerequisiteError('Node.js is not installed', { hint: 'install it before this task' });
  }
  const parsed = rc === 0 ? parseEvaluation(stdout) : undefined;
  if (!parsed) {
    throw new TaskError(`${params.ecosystem} cannot be evaluated`, {
      detail: stderr.split('\n').filter((line) => line.trim() !== '' && !/^ +at /.test(line)),
      hint: 'try it on the host: node -e "require(process.argv[1])" FILE',
    });
  }
  const apps = appsIn(parsed.config).map((app) => normalise(app, { params, cpus: parsed.cpus }));
  const odd = apps.find(({ name }) => /[\s,]/.test(name));
  if (odd) {
    throw new TaskError(`the name of the app ${JSON.stringify(odd.name)} holds a blank or a comma`, {
      hint: 'pm2 --only, which acts on one app of the file, takes these as separators: choose another name',
    });
  }
  const wanted = apps.filter(({ name }) => params.name === undefined || params.name === name);
  if (wanted.length > 0) return wanted;
  throw new TaskError(
    params.name === undefined
      ? `${params.ecosystem} describes no app`
      : `${params.ecosystem} describes no app called ${params.name}, but ${apps.map(({ name }) => name).join(', ')}`,
    { hint: 'it must export {apps: [{name, script, ...}]}' },
  );
}

const EVALUATE = `${SURROUNDINGS}
command -v node >/dev/null || exit 127
alone node -e 'process.stdout.write(JSON.stringify({config: require(process.argv[1]), cpus: require("os").cpus().length, uid: process.getuid()}))' "$1"`;

interface Evaluation {
  readonly config: unknown;
  readonly cpus: number;
  /** who has evaluated it, and will run what it names */
  readonly uid: unknown;
}

function parseEvaluation(stdout: string): Evaluation | undefined {
  const { config, cpus, uid } = (readForeignJson(stdout) ?? {}) as Partial<Evaluation>;
  return typeof cpus === 'number' ? { config, cpus, uid } : undefined;
}

type App = Readonly<Record<string, unknown>>;

function appsIn(config: unknown): App[] {
  const inner = typeof config === 'object' && config !== null && 'apps' in config ? config.apps : config;
  return [inner]
    .flat()
    .filter((app): app is App => typeof app === 'object' && app !== null && 'script' in app);
}

function normalise(app: App, { params, cpus }: { params: Pm2Params; cpus: number }): WantedApp {
  const folder = posix.dirname(params.ecosystem);
  const script = textOf(app['script']);
  const cwd = posix.resolve(folder, textOf(app['cwd'] ?? folder));
  const interpreter = app['exec_interpreter'] ?? app['interpreter'];
  const execMode = execModeOf(app, script);
  return {
    name: textOf(app['name'] ?? posix.basename(script, posix.extname(script))),
    script: posix.resolve(cwd, script),
    cwd,
    execMode,
    instances: instancesOf(app['instances'], cpus),
    interpreter: typeof interpreter === 'string' ? interpreter : undefined,
    logs: [
      logOf(app, ['error_file', 'err_file', 'error', 'err'], 'error', params, cwd),
      logOf(app, ['out_file', 'out', 'output'], 'out', params, cwd),
    ],
    digest: createHash('sha256').update(canonical(app)).digest('hex'),
    keys: keysOf(app),
  };
}

function logOf(
  app: App,
  keys: readonly string[],
  kind: string,
  { pm2_home: home, name: only }: Pm2Params,
  cwd: string,
): string {
  const given = keys.map((key) => app[key]).find((value) => typeof value === 'string');
  const name = typeof app['name'] === 'string' ? app['name'] : (only ?? '');
  return posix.resolve(cwd, given ?? `${home}/logs/${name}-${kind}.log`).replace(/\.log$/, '');
}

/** PM2's rule: a Node app that says how many instances it wants is a cluster, unless it says otherwise. */
function execModeOf(app: App, script: string): WantedApp['execMode'] {
  const mode = app['exec_mode'];
  if (mode === 'cluster' || mode === 'cluster_mode') return 'cluster_mode';
  if (mode !== undefined) return 'fork_mode';
  const interpreter = textOf(
    app['exec_interpreter'] ?? app['interpreter'] ?? (/\.(c|m)?js$/.test(script) ? 'node' : ''),
  );
  return app['instances'] !== undefined && /(node|bun)$/.test(interpreter) ? 'cluster_mode' : 'fork_mode';
}

/** `max` and 0: one for each processor; negative: that many fewer. */
function instancesOf(value: unknown, cpus: number): number {
  if (value === undefined) return 1;
  const number = value === 'max' ? 0 : Number(value);
  return number > 0 ? number : Math.max(1, cpus + number);
}

/** Every option and, for what holds variables, every variable: `kill_timeout`, `env.PORT`. */
function keysOf(app: App): string[] {
  return Object.entries(app)
    .flatMap(([key, value]) =>
      /^env(_|$)/.test(key) && typeof value === 'object' && value !== null
        ? Object.keys(value).map((name) => `${key}.${name}`)
        : [key],
    )
    .sort();
}

/** What is no text stands for itself: an object may have a toString of its own that is no function. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
