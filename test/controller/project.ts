import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { run } from '../../src/cli.js';
import type { Io } from '../../src/cli/io.js';
import { addHostOptions, addTaskOptions, type HostOptions, type TaskOptions } from '../../src/cli/options.js';
import { readPlaybook, readSetup } from '../../src/cli/setup.js';
import { runPlaybook, type RunOptions } from '../../src/controller/run.js';
import type { ProvisionError } from '../../src/errors.js';
import type { HostRecap, Recap, RunEvent } from '../../src/events.js';
import { createSecrets } from '../../src/variables/secrets.js';

/** What one command line came to. */
export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** What one run said. */
export interface Played {
  readonly events: readonly RunEvent[];
  readonly recap: Recap;
  /** the recap of a host */
  readonly of: (host: string) => HostRecap;
  /** `status name [item]` of every task of a host, in order */
  readonly tasks: (host?: string) => string[];
  /** the errors of a host's tasks */
  readonly errors: (host?: string) => ProvisionError[];
  /** what debug tasks said */
  readonly messages: (host?: string) => string[];
}

/** A folder with an inventory whose hosts are all this machine, each with a folder of its own in the variable `out`. */
export interface Project {
  readonly dir: string;
  write(files: Readonly<Record<string, string>>): void;
  /** Run a playbook (site.yml) and give its events. */
  play(...args: string[]): Promise<Played>;
  /** The same, with parts of the run's options replaced. */
  playWith(options: Partial<RunOptions>, ...args: string[]): Promise<Played>;
  /** Run a command line; `-i inventory.yml` is added to it where it takes one. */
  cli(...args: string[]): Promise<Finished>;
  /** The same as a process of its own, from the sources. */
  spawn(...args: string[]): ChildProcess;
  /** A file in a host's folder; undefined when there is none. */
  read(name: string, host?: string): string | undefined;
  /** The lines of a file in a host's folder. */
  lines(name: string, host?: string): string[];
  /** The permission bits of a file in a host's folder. */
  mode(name: string, host?: string): number;
  remove(): void;
}

const tsx = import.meta.resolve('tsx');
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const made: Project[] = [];

/** A project of these files; without an inventory of its own it has these hosts (web1). Removed after the test. */
export function project(
  files: Readonly<Record<string, string>>,
  hosts: readonly string[] = ['web1'],
): Project {
  const dir = mkdtempSync(join(tmpdir(), 'provision-run-'));
  for (const host of hosts) mkdirSync(join(dir, 'hosts', host), { recursive: true });
  const one: Project = {
    dir,
    write: (more) => writeFiles(dir, more),
    play: (...args) => play(dir, {}, args),
    playWith: (options, ...args) => play(dir, options, args),
    cli: (...args) => cli(dir, args),
    spawn: (...args) =>
      spawn(process.execPath, ['--import', tsx, main, ...withInventory(args)], { cwd: dir, stdio: 'pipe' }),
    read: (name, host = hosts[0]!) => readIfThere(join(dir, 'hosts', host, name)),
    lines: (name, host = hosts[0]!) =>
      (readIfThere(join(dir, 'hosts', host, name)) ?? '').split('\n').filter((line) => line !== ''),
    mode: (name, host = hosts[0]!) => statSync(join(dir, 'hosts', host, name)).mode & 0o7777,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  one.write({ 'inventory.yml': inventoryOf(dir, hosts), ...files });
  made.push(one);
  return one;
}

/** A project whose one play has these tasks; `play` is more of the play, for example `serial: 1`. */
export function tasks(list: string, given: { play?: string; hosts?: readonly string[] } = {}): Project {
  return project({ 'site.yml': playText(list, given.play) }, given.hosts);
}

export function playText(list: string, play = ''): string {
  return `- hosts: all\n${indent(play, 2)}  tasks:\n${indent(list, 4)}`;
}

export function indent(text: string, by: number): string {
  const lines = text.replace(/^\n+|\s+$/g, '').split('\n');
  const own = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length),
  );
  if (text.trim() === '') return '';
  return lines.map((line) => (line.trim() === '' ? '' : ' '.repeat(by) + line.slice(own))).join('\n') + '\n';
}

export function inventoryOf(dir: string, hosts: readonly string[]): string {
  const entries = hosts.map((host) => `    ${host}: { out: ${JSON.stringify(join(dir, 'hosts', host))} }\n`);
  return `all:\n  vars: { ansible_connection: local }\n  hosts:\n${entries.join('')}`;
}

export function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
}

export function ioOf(
  cwd: string,
  given: {
    env?: Record<string, string>;
    columns?: number;
    interrupted?: AbortSignal;
    killed?: AbortSignal;
  } = {},
): { io: Io; said: () => Finished } {
  const collected = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr'): Writable & { isTTY?: boolean; columns?: number } =>
    Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          collected[name] += chunk.toString();
          done();
        },
      }),
      { columns: given.columns ?? 80 },
    );
  const io: Io = {
    stdin: new PassThrough(),
    stdout: into('stdout'),
    stderr: into('stderr'),
    env: { HOME: join(cwd, 'home'), PATH: process.env['PATH'], ...given.env },
    cwd,
    secrets: createSecrets(),
    argv: [],
    exitCode: 0,
    interrupted: given.interrupted ?? new AbortController().signal,
    killed: given.killed ?? new AbortController().signal,
  };
  return { io, said: () => ({ ...collected, code: io.exitCode }) };
}

const VERBS = ['pending', 'run', 'verify', 'exec', 'plan', 'drift'];
/** They take no inventory of their own. */
const ALONE = ['apply', 'runs'];

async function cli(cwd: string, args: readonly string[]): Promise<Finished> {
  const { io, said } = ioOf(cwd);
  await run(withInventory(args), io);
  return said();
}

function withInventory(args: readonly string[]): string[] {
  const [first = ''] = args;
  if (args.includes('-i') || ALONE.includes(first)) return [...args];
  return VERBS.includes(first)
    ? [first, '-i', 'inventory.yml', ...args.slice(1)]
    : ['-i', 'inventory.yml', ...args];
}

async function play(cwd: string, replaced: Partial<RunOptions>, args: readonly string[]): Promise<Played> {
  const { io } = ioOf(cwd);
  const command = addTaskOptions(addHostOptions(new Command())).argument('[playbook]');
  command.option('-C, --check').option('--no-verify').exitOverride();
  command.parse(withInventory(args), { from: 'user' });
  const options = command.opts<HostOptions & TaskOptions & { check?: boolean; verify: boolean }>();
  const named = command.args[0] ?? 'site.yml';
  const setup = await readSetup(options, io, {
    playbook: { named },
    readOnly: options.check === true,
  });
  const playbook = await readPlaybook(named, options, io, setup);
  const events: RunEvent[] = [];
  const recap = await runPlaybook({
    ...setup.base,
    playbook,
    check: options.check === true,
    verify: options.verify ? 'after' : 'none',
    emit: (event) => events.push(event),
    ...replaced,
  });
  return played(events, recap);
}

function played(events: readonly RunEvent[], recap: Recap): Played {
  const of = (host: string): HostRecap => {
    const found = recap.hosts.find((one) => one.host === host);
    if (!found) throw new Error(`no recap of ${host}`);
    return found;
  };
  const isOf = (host: string | undefined) => (event: RunEvent) =>
    host === undefined || ('host' in event && event.host === host);
  return {
    events,
    recap,
    of,
    tasks: (host) =>
      events.filter(isOf(host)).flatMap((event) => {
        if (event.type !== 'task-result' && event.type !== 'task-failed') return [];
        const status = event.type === 'task-result' ? event.result.status : event.fate;
        const item = event.task.item === undefined ? '' : ` [${event.task.item}]`;
        return [`${status} ${event.task.name}${item}`];
      }),
    errors: (host) =>
      events.filter(isOf(host)).flatMap((event) => (event.type === 'task-failed' ? [event.error] : [])),
    messages: (host) =>
      events
        .filter(isOf(host))
        .flatMap((event) =>
          event.type === 'task-result' && event.result.message !== undefined ? [event.result.message] : [],
        ),
  };
}

/** Does a process live? One that waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  const status = readIfThere(`/proc/${pid}/status`);
  return status !== undefined && !/^State:\s+[ZX]/m.test(status);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** To be called in every suite: nobody's home is touched, and what a test made goes away with it. */
export function cleanUp(): void {
  const home = process.env['HOME'];
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'provision-home-'));
    process.env['HOME'] = folder;
  });
  afterEach(() => {
    for (const one of made.splice(0)) one.remove();
  });
  after(() => {
    if (home === undefined) delete process.env['HOME'];
    else process.env['HOME'] = home;
    rmSync(folder, { recursive: true, force: true });
  });
}
