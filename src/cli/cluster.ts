import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Argument, Option, type Command } from 'commander';
import type { Context } from '../cluster/context.js';
import { takeDown } from '../cluster/down.js';
import { breakHost, faults, healHosts, type Fault } from '../cluster/fault.js';
import { hostOf } from '../cluster/host.js';
import { purgeImages } from '../cluster/image.js';
import type { Owner } from '../cluster/keys.js';
import { prepareMachine, requireRoot } from '../cluster/machine.js';
import { defaultRoots } from '../cluster/paths.js';
import { searchPath } from '../cluster/run.js';
import { clusterSpec, type ClusterSpec } from '../cluster/spec.js';
import { sshCommand } from '../cluster/ssh.js';
import { readState } from '../cluster/state.js';
import { clusterStatus, type HostStatus } from '../cluster/status.js';
import { suites, type Suite } from '../cluster/suites.js';
import { bringUp } from '../cluster/up.js';
import { ClusterError, UsageError } from '../errors.js';
import { loadInventory } from '../inventory/load.js';
import { hostVariables } from '../inventory/variables.js';
import { tableLines } from '../reporters/table.js';
import type { Text } from '../reporters/text.js';
import type { Io } from './io.js';
import { say } from './say.js';
import { trustOf, userId } from './this-user.js';

interface Options {
  readonly inventory: readonly string[];
  readonly suite?: Suite;
  readonly purge?: boolean;
}

/** `provision cluster`: real Debian hosts on this machine, one for each host of an inventory. */
export function define(command: Command, io: Io): void {
  command.description('A local cluster of real hosts, made from an inventory');

  verb(command, 'up', 'boot every host of the inventory; hosts that run are left alone')
    .addOption(suiteOption())
    .action(async (options: Options) => {
      const spec = await readSpec(options, io);
      await prepareMachine({
        uid: userId(),
        command: repeat('up', options),
        report: reporter(io),
        signal: io.interrupted,
      });
      const state = await bringUp(spec, { suite: options.suite, renew: [] }, context(io));
      say(io, `cluster ${spec.name} is up: ${state.spec.hosts.length} hosts in ${spec.subnet}`);
    });

  verb(command, 'status', 'how every host stands').action(async (options: Options) => {
    const spec = await readSpec(options, io);
    for (const line of statusTable(await clusterStatus(spec, defaultRoots(io.cwd)))) say(io, line);
  });

  verb(command, 'ssh', 'log in to a host, or run a command on it: ssh HOST [-- COMMAND...]')
    .argument('<host>')
    .argument('[command...]')
    .action(async (host: string, remote: string[], options: Options) => {
      const spec = await readSpec(options, io);
      io.exitCode = await login(spec, host, remote, io);
    });

  verb(command, 'down', 'remove the cluster: hosts, disks, network, keys; images stay')
    .option('--purge', 'remove the images too that no other cluster uses')
    .action(async (options: Options) => {
      const spec = await readSpec(options, io);
      requireRoot(userId(), repeat('down', options));
      const there = await takeDown(spec, context(io));
      say(io, there ? `cluster ${spec.name} is gone` : `there was no cluster ${spec.name}`);
      if (options.purge !== true) return;
      const purged = await purgeImages(context(io));
      say(io, purged.length === 0 ? 'no image to remove' : `removed ${purged.join(', ')}`);
    });

  verb(command, 'fault', `break a host, to see what the others make of it: ${faultNames}`)
    .argument('<host>')
    .addArgument(
      new Argument(
        '<kind>',
        'power: it is lost; shutdown: as by its button; link: its cable is pulled',
      ).choices(faults),
    )
    .action(async (host: string, fault: Fault, options: Options) => {
      const spec = await readSpec(options, io);
      requireRoot(userId(), repeat(`fault ${host} ${fault}`, options));
      await breakHost(spec.name, { host, fault }, context(io));
      say(io, `${host}: ${broken[fault]}; \`provision cluster heal\` mends it`);
    });

  verb(command, 'heal', 'mend all hosts, or the named ones: switched on, cable plugged in')
    .argument('[host...]')
    .action(async (hosts: string[], options: Options) => {
      const spec = await readSpec(options, io);
      requireRoot(userId(), repeat(['heal', ...hosts].join(' '), options));
      await healHosts(spec.name, hosts, context(io));
    });

  verb(command, 'reset', 'make all hosts, or the named ones, bare again; keys stay')
    .argument('[host...]')
    .addOption(suiteOption())
    .action(async (hosts: string[], options: Options) => {
      const spec = await readSpec(options, io);
      const all = spec.hosts.map((host) => host.name);
      const unknown = hosts.find((host) => !all.includes(host));
      if (unknown !== undefined)
        throw new UsageError(`no host "${unknown}" in the inventory`, { hint: `it has ${all.join(', ')}` });
      await prepareMachine({
        uid: userId(),
        command: repeat('reset', options),
        report: reporter(io),
        signal: io.interrupted,
      });
      await bringUp(spec, { suite: options.suite, renew: hosts.length === 0 ? all : hosts }, context(io));
    });
}

const faultNames = faults.join(', ');
const broken: Readonly<Record<Fault, string>> = {
  power: 'its power is cut',
  shutdown: 'it is off',
  link: 'its cable is pulled',
};

function verb(command: Command, name: string, summary: string): Command {
  return command
    .command(name)
    .description(summary)
    .requiredOption('-i, --inventory <source>', 'inventory file or folder; may be repeated', collect);
}

function collect(source: string, before: readonly string[] = []): readonly string[] {
  return [...before, source];
}

function suiteOption(): Option {
  return new Option(
    '--suite <release>',
    'Debian release of all hosts (default: the running one, else trixie)',
  ).choices(suites);
}

async function readSpec(options: Options, io: Io): Promise<ClusterSpec> {
  const trust = trustOf(io);
  for (const source of options.inventory) if (!source.includes(',')) trust.note(source);
  const inventory = await trust.during(() =>
    loadInventory(options.inventory, { cwd: io.cwd, secrets: io.secrets, env: io.env, trust }),
  );
  // Where the keys and known hosts of clusters are.
  trust.require(join(io.cwd, '.provision', 'cluster'));
  return clusterSpec(inventory, (host) => hostVariables(inventory, host));
}

function context(io: Io): Context {
  return {
    roots: defaultRoots(io.cwd),
    owner: ownerOf(io.env),
    report: reporter(io),
    signal: io.interrupted,
  };
}

function reporter(io: Io): (line: string) => void {
  return (line) => say(io, line);
}

/** Through sudo the keys still belong to the user who called it. */
function ownerOf(env: Io['env']): Owner | undefined {
  const uid = Number(env['SUDO_UID']);
  const gid = Number(env['SUDO_GID']);
  return uid > 0 && gid > 0 ? { uid, gid } : undefined;
}

function repeat(name: string, options: Options): string {
  const sources = options.inventory.map((source) => `-i ${source}`).join(' ');
  return `npx provision cluster ${name} ${sources}${options.suite === undefined ? '' : ` --suite ${options.suite}`}`;
}

/** The exit code of the OpenSSH client, which is the remote command's. */
async function login(spec: ClusterSpec, name: string, remote: readonly string[], io: Io): Promise<number> {
  const roots = defaultRoots(io.cwd);
  const state = await readState(roots, spec.name);
  if (state === undefined)
    throw new ClusterError(`the cluster ${spec.name} is not up`, { hint: 'provision cluster up' });
  const argv = sshCommand({ ...roots, project: state.project }, spec.name, hostOf(state, name), [], remote);
  const child = spawn(argv[0]!, argv.slice(1), {
    stdio: [stdioOf(io.stdin), stdioOf(io.stdout), stdioOf(io.stderr)],
    env: { ...io.env, PATH: io.env['PATH'] ?? searchPath },
  });
  if (child.stdin) io.stdin.pipe(child.stdin);
  child.stdout?.pipe(io.stdout, { end: false });
  child.stderr?.pipe(io.stderr, { end: false });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 255;
}

/** A stream of the process is handed on as it is, so that the client sees the terminal; any other is piped. */
function stdioOf(stream: Readable | Writable): Readable | Writable | 'pipe' {
  return 'fd' in stream ? stream : 'pipe';
}

function statusTable(hosts: readonly HostStatus[]): readonly Text[] {
  const rows = [['host', 'address', 'state', 'suite', 'pid', 'uptime']];
  for (const host of hosts) {
    const state = host.state === 'running' && host.link === 'cut' ? 'running, link cut' : host.state;
    rows.push([
      host.name,
      host.address,
      state,
      host.suite ?? '-',
      String(host.pid ?? '-'),
      duration(host.uptime),
    ]);
  }
  return tableLines(rows);
}

function duration(seconds: number | undefined): string {
  if (seconds === undefined) return '-';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
