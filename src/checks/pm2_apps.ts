import type { Answers, ScriptQuery } from '../agent/query.js';
import { LIST_PROCESSES, parseDaemon, processesOf } from '../resources/pm2/processes.js';
import { check } from './check.js';
import { everyHost, verdictOf } from './every-host.js';

export interface AppsParams {
  readonly pm2_home: string;
  readonly name: string;
  readonly instances?: number;
  readonly restarts?: number;
  readonly cwd?: string;
}

export const pm2Apps = check<AppsParams>({
  name: 'pm2_apps',
  summary:
    "An app of PM2 runs with all its processes, without crashing, in the folder where it should (as the app's user).",
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['pm2_home', 'name'],
    properties: {
      pm2_home: { type: 'string', pattern: '^/', description: "PM2_HOME of the user's daemon." },
      name: { type: 'string', minLength: 1, description: 'The app.' },
      instances: {
        type: 'integer',
        minimum: 1,
        description: 'How many processes it shall have. Left out: at least one.',
      },
      restarts: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description:
          'How often a process younger than a minute may have been restarted right after its start.',
      },
      cwd: {
        type: 'string',
        pattern: '^/',
        description: 'Where it runs: the release that a link leads to now.',
      },
    },
  },
  queries: (params) => [query(params)],
  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: AppsParams, answers: Answers): { ok: boolean; message: string } {
  const { stdout } = answers.get<'script'>(query(params));
  const daemon = parseDaemon(stdout);
  const { name, instances } = params;
  if (daemon.pid === null)
    return { ok: false, message: `no PM2 daemon runs for ${params.pm2_home}, expected ${name} in it` };
  const processes = processesOf(daemon, name);
  const real = /^folder\t(.*)$/m.exec(stdout)?.[1] ?? '';
  const wrong: string[] = [];
  if (processes.length === 0 || (instances !== undefined && processes.length !== instances)) {
    wrong.push(`${name} has ${count(processes.length)}, expected ${instances ?? 'at least 1'}`);
  }
  const crashed = processes.filter(({ unstable, age }) => unstable > (params.restarts ?? 0) && age < 60);
  for (const { pid, unstable, age } of crashed) {
    wrong.push(
      `${name} (${pid}) was restarted ${unstable} times soon after its start, the last time ${age} s ago`,
    );
  }
  if (params.cwd !== undefined) {
    if (real === '') wrong.push(`there is no ${params.cwd}, where ${name} should run`);
    for (const { pid, cwd } of processes.filter((process) => real !== '' && process.cwd !== real)) {
      wrong.push(`${name} (${pid}) runs in ${cwd}, expected ${real}`);
    }
  }
  const ages = processes.map(({ age }) => `${age} s`).join(', ');
  return verdictOf(
    wrong,
    `${name} has ${count(processes.length)}, up for ${ages}${params.cwd === undefined ? '' : `, in ${real}`}`,
  );
}

function count(number: number): string {
  return number === 1 ? '1 process' : `${number} processes`;
}

function query({ pm2_home: home, cwd }: AppsParams): ScriptQuery {
  return { kind: 'script', code: PROBE, args: [home, cwd ?? ''], at: [{ path: home, how: 'inside' }] };
}

const PROBE = `home=$1
if [ -d "$2" ]; then printf 'folder\\t%s\\n' "$(readlink -f "$2")"; fi
${LIST_PROCESSES}`;
