import type { Answers } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';
import { readForeignJson } from '../../foreign-json.js';
import type { Pm2Params } from './params.js';
import { listQuery } from './run-pm2.js';

/** An app as PM2 has it now. */
export interface RunningApp {
  readonly script: string;
  readonly cwd: string;
  readonly execMode: string;
  readonly interpreter: string;
  readonly instances: number;
  readonly online: number;
}

/**
 * PM2's apps by name.
 * @throws TaskError when PM2's list cannot be read
 */
export function runningApps(params: Pm2Params, answers: Answers): Map<string, RunningApp> {
  const { rc, stdout, stderr } = answers.get<'script'>(listQuery(params));
  if (rc === 127)
    throw new MissingPrerequisiteError('pm2 is not installed', { hint: 'install it before this task' });
  const list = parseList(stdout);
  if (rc !== 0 || !list) {
    throw new TaskError('the list of PM2 cannot be read', {
      detail: stderr.split('\n').filter((line) => line.trim() !== ''),
      hint: `try it on the host: PM2_HOME=${params.pm2_home} pm2 jlist`,
    });
  }
  const apps = new Map<string, RunningApp>();
  for (const { name, pm2_env: env } of list) {
    const before = apps.get(name);
    const online = env['status'] === 'online' || env['status'] === 'launching' ? 1 : 0;
    apps.set(name, {
      script: text(env['pm_exec_path']),
      cwd: text(env['pm_cwd']),
      execMode: text(env['exec_mode']),
      interpreter: text(env['exec_interpreter']),
      instances: (before?.instances ?? 0) + 1,
      online: (before?.online ?? 0) + online,
    });
  }
  return apps;
}

interface Listed {
  readonly name: string;
  readonly pm2_env: Readonly<Record<string, unknown>>;
}

/** PM2 may say other things first (a banner, that its daemon is of another version). */
function parseList(stdout: string): Listed[] | undefined {
  const line = stdout.split('\n').findLast((one) => one.startsWith('['));
  const list = line === undefined ? undefined : readForeignJson(line);
  return Array.isArray(list) && list.every(isListed) ? list : undefined;
}

function isListed(value: unknown): value is Listed {
  const { name, pm2_env: env } = (value ?? {}) as Partial<Record<keyof Listed, unknown>>;
  return typeof name === 'string' && typeof env === 'object' && env !== null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
