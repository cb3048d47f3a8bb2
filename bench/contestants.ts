import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from './error.js';
import { execute, type Command } from './execute.js';
import type { DialectName, PlaybookName } from './playbooks.js';
import { projectDir, type Endpoint, type Login } from './workspace.js';

export const contestantNames = ['floor', 'provision', 'ansible', 'mitogen'] as const;
export type ContestantName = (typeof contestantNames)[number];

/** One thing to do, for all contestants. */
export interface Work {
  readonly playbook: PlaybookName;
  readonly dryRun: boolean;
  /** the variable of the first template */
  readonly release: number;
}

/** Where it is to be done. */
export interface Field {
  readonly workspace: string;
  readonly inventory: string;
  readonly endpoints: readonly Endpoint[];
  readonly login: Login;
  readonly signal: AbortSignal;
}

export interface Timed {
  readonly ms: number;
  /** changes on all hosts together, by the contestant's own count */
  readonly changed: number;
}

export const bin = fileURLToPath(new URL('../bin/provision.js', import.meta.url));

export async function contest(name: ContestantName, work: Work, field: Field): Promise<Timed> {
  if (name === 'floor') return { ms: await floor(field), changed: 0 };
  if (name === 'provision') {
    const { ms, output } = await execute(provision(work, field), field.signal);
    return { ms, changed: countOf(/^ {2}(\d+) (?:changed|would change) on /gm, output) };
  }
  return peer(name, work, field);
}

/** Seven logins at the same time and nothing else: what every tool that uses ssh pays at least. */
export async function floor({ endpoints, login, signal }: Field): Promise<number> {
  const began = performance.now();
  await Promise.all(endpoints.map((one) => execute({ argv: sshCommand(one, login, ['true']) }, signal)));
  return performance.now() - began;
}

export function sshCommand(
  { address, port }: Endpoint,
  login: Login,
  command: readonly string[],
): readonly string[] {
  const settings = [
    `IdentityFile=${login.identityFile}`,
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${login.knownHostsFile}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
  ].flatMap((setting) => ['-o', setting]);
  return ['ssh', '-F', '/dev/null', ...settings, '-p', String(port), '-l', login.user, address, ...command];
}

function provision({ playbook, dryRun, release }: Work, { workspace, inventory }: Field): Command {
  return {
    argv: [
      process.execPath,
      bin,
      ...['-i', inventory, '-e', `release=${release}`, '--no-verify'],
      ...(dryRun ? ['--check', '--diff'] : []),
      `${playbook}.yml`,
    ],
    cwd: projectDir(workspace, 'provision'),
  };
}

const mitogenPlugins = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy';

/** As fast as the peers go: pipelining, as many forks as hosts, one connection a host and run. */
async function peer(name: 'ansible' | 'mitogen', work: Work, field: Field): Promise<Timed> {
  // A folder of its own for each run: no run finds the connections of the one before.
  const sockets = join(field.workspace, 'ssh');
  await mkdir(sockets, { recursive: true });
  const command: Command = {
    argv: [
      'ansible-playbook',
      ...['-i', field.inventory, '-e', `release=${work.release}`],
      ...(work.dryRun ? ['--check', '--diff'] : []),
      `${work.playbook}.yml`,
    ],
    cwd: projectDir(field.workspace, 'ansible'),
    env: {
      // An empty one: the user's own settings do not count.
      ANSIBLE_CONFIG: join(projectDir(field.workspace, 'ansible'), 'ansible.cfg'),
      ANSIBLE_HOME: join(field.workspace, 'ansible-home'),
      ANSIBLE_LOCAL_TEMP: join(field.workspace, 'ansible-home', 'tmp'),
      ANSIBLE_PIPELINING: 'true',
      ANSIBLE_FORKS: String(field.endpoints.length),
      ANSIBLE_SSH_ARGS: '-F /dev/null -C -o ControlMaster=auto -o ControlPersist=60s',
      ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
      ANSIBLE_NOCOLOR: 'true',
      ...(name === 'mitogen'
        ? { ANSIBLE_STRATEGY: 'mitogen_linear', ANSIBLE_STRATEGY_PLUGINS: mitogenPlugins }
        : {}),
    },
  };
  try {
    const { ms, output } = await execute(command, field.signal);
    return { ms, changed: countOf(/changed=(\d+)/g, output) };
  } finally {
    await closeConnections(sockets);
  }
}

async function closeConnections(folder: string): Promise<void> {
  const sockets = await readdir(folder);
  await Promise.allSettled(
    sockets.map((socket) =>
      execute(
        {
          argv: ['ssh', '-F', '/dev/null', '-O', 'exit', '-o', `ControlPath=${join(folder, socket)}`, 'any'],
        },
        new AbortController().signal,
      ),
    ),
  );
  await rm(folder, { recursive: true, force: true });
}

function countOf(pattern: RegExp, output: string): number {
  const counts = [...output.matchAll(pattern)].map((match) => Number(match[1]));
  if (counts.length === 0) throw new BenchError('a contestant said nothing of changes', { detail: [output] });
  return counts.reduce((sum, count) => sum + count, 0);
}

export function dialectOf(name: ContestantName): DialectName {
  return name === 'provision' ? 'provision' : 'ansible';
}
