import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../src/events.js';

/**
 * `npm run drill:hostile -- [KIND...]`: six good hosts of a local cluster converge and verify, alone and beside a seventh that plays each kind of
 * trick. What counts is when the last good host has ended what it can do by itself, and the most memory that the controller takes.
 */
const GOOD = ['good1', 'good2', 'good3', 'good4', 'good5', 'good6'];
const KINDS = [
  'silent-shell',
  'silent-agent',
  'obeys',
  'endless-markers',
  'endless-words',
  'endless-bytes',
  'large-parts',
  'odd-json',
  'odd-names',
  'odd-record',
  'nonsense',
];
/** What it may cost the good hosts. */
const MOST = { times: 1.2, mib: 60 };
const ROUNDS = 4;

/** kinds, all where none is named */
const wanted = process.argv.slice(2);

const program = fileURLToPath(new URL('../bin/provision.js', import.meta.url));
const sudo = fileURLToPath(new URL('../test/hostile/sudo', import.meta.url));

interface Measured {
  /** ms that the good hosts were worked on, the slowest of them */
  readonly ms: number;
  /** MiB */
  readonly memory: number;
  readonly problems: readonly string[];
}

const folder = await mkdtemp(join(tmpdir(), 'hostile-'));
try {
  await writeFile(join(folder, 'all.yml'), inventory(undefined));
  await writeFile(join(folder, 'site.yml'), site());
  await writeFile(join(folder, 'plant.yml'), plant());
  await provision(['cluster', 'up', '-i', 'all.yml']);
  await provision(['-i', 'all.yml', '--limit', 'evil', 'plant.yml']);
  await provision(['-i', 'all.yml', '--limit', '!evil', 'site.yml']);
  let failed = false;
  for (const kind of KINDS.filter((one) => wanted.length === 0 || wanted.includes(one))) {
    await writeFile(join(folder, 'kind.yml'), inventory(kind));
    const { alone, beside } = await compare();
    print(kind, beside, alone);
    failed ||=
      alone.problems.length + beside.problems.length > 0 ||
      beside.ms > alone.ms * MOST.times ||
      beside.memory > alone.memory + MOST.mib;
  }
  process.exitCode = failed ? 1 : 0;
} finally {
  await provision(['cluster', 'down', '-i', 'all.yml']);
  await rm(folder, { recursive: true, force: true });
}

function inventory(kind: string | undefined): string {
  const hosts = [...GOOD, 'evil'].map((host, index) => {
    const plays = host === 'evil' && kind !== undefined ? `, ansible_become_user: ${kind}` : '';
    return `    ${host}: { ansible_host: 10.81.0.${11 + index}${plays} }\n`;
  });
  return `all:
  vars:
    cluster_name: lim
    cluster_subnet: 10.81.0.0/24
    ansible_user: admin
    ansible_become: true
    ansible_ssh_private_key_file: <%= inventory_dir %>/.provision/cluster/lim/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile=<%= inventory_dir %>/.provision/cluster/lim/known_hosts
    provision_query_timeout: 8
    provision_idle_timeout: 4
  hosts:
${hosts.join('')}`;
}

/** It is found before the real one. */
function plant(): string {
  return `- hosts: evil
  tasks:
    - copy: { src: ${JSON.stringify(sudo)}, dest: /usr/local/bin/sudo, mode: "0755" }
`;
}

function site(): string {
  const files = Array.from(
    { length: 40 },
    (_one, index) =>
      `    - { lineinfile: { path: /var/lib/drill-${index}, line: "<%= ansible_hostname %> ${index}", create: true } }\n`,
  );
  return `- hosts: all
  tasks:
${files.join('')}    - { service: { name: ssh, state: started } }
    - { user: { name: drill, system: true } }
    - { command: uname -a, register: kernel, changed_when: false, check_mode: false }
    - { debug: { msg: "<%= kernel.stdout %>" } }
  verify:
    - { port: { port: 22 } }
    - { file: { path: /var/lib/drill-1, regex: " 1$" } }
`;
}

/** Alone and beside in turns, so that what else the machine does meets both. */
async function compare(): Promise<{ readonly alone: Measured; readonly beside: Measured }> {
  const alone: Measured[] = [];
  const beside: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(await measure(['-i', 'all.yml', '--limit', '!evil', 'site.yml']));
    beside.push(await measure(['-i', 'kind.yml', 'site.yml']));
  }
  return { alone: best(alone), beside: best(beside) };
}

/** The quickest of some rounds, with the most memory of all. */
function best(rounds: readonly Measured[]): Measured {
  return {
    ms: Math.min(...rounds.map(({ ms }) => ms)),
    memory: Math.max(...rounds.map(({ memory }) => memory)),
    problems: rounds.flatMap(({ problems }) => problems),
  };
}

async function measure(args: readonly string[]): Promise<Measured> {
  const { text, memory } = await provision([...args, '--format', 'json']);
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RunEvent);
  const end = events.find((event) => event.type === 'run-end');
  if (end?.type !== 'run-end') return { ms: Infinity, memory, problems: ['the run has no recap'] };
  const good = end.recap.hosts.filter(({ host }) => GOOD.includes(host));
  return {
    ms: Math.max(...good.map(({ ms }) => ms)),
    memory,
    problems: good
      .filter(
        ({ failed, unreachable, checksPassed, checksFailed }) =>
          failed + checksFailed > 0 || unreachable || checksPassed !== 2,
      )
      .map(({ host }) => `${host} did not converge and verify`),
  };
}

function provision(args: readonly string[]): Promise<{ text: string; memory: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let [text, memory] = ['', 0];
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const watch = setInterval(() => (memory = Math.max(memory, memoryOf(child.pid))), 20);
    child.on('error', reject);
    child.on('close', () => {
      clearInterval(watch);
      resolve({ text, memory });
    });
  });
}

/** MiB: the most that it had so far */
function memoryOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function print(what: string, { ms, memory, problems }: Measured, alone: Measured): void {
  const times = (ms / alone.ms).toFixed(2);
  process.stdout.write(
    `${what.padEnd(16)} ${ms} ms (${times} x)  ${memory.toFixed(0)} MiB (+${(memory - alone.memory).toFixed(0)})  ${[...new Set(problems)].join('; ')}\n`,
  );
}
