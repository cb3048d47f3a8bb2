import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from 'mocha';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a command came to. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** both streams, for messages */
  readonly text: string;
}

/**
 * Skip a suite where no cluster can be made. In CI that is a failure: a suite that nobody runs proves nothing.
 */
export function needsCluster(context: Context): void {
  const able = process.getuid?.() === 0 && existsSync('/proc/self/ns/net');
  if (able) return;
  if (process.env['CI'] === 'true') throw new Error('cluster tests need root: run them as root, or unset CI');
  context.skip();
}

/** Run a program to its end; its output is shown as it comes when PROVISION_TEST_OUTPUT is set. */
export function execute(
  argv: readonly string[],
  options: { cwd: string; timeout?: number; env?: NodeJS.ProcessEnv },
): Promise<Ran> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      timeout: options.timeout ?? 420_000,
      killSignal: 'SIGKILL',
    });
    const out = { stdout: '', stderr: '', text: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        out[stream] += chunk.toString();
        out.text += chunk.toString();
        if (process.env['PROVISION_TEST_OUTPUT']) process.stderr.write(chunk);
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...out }));
  });
}

/** A user's own project: an inventory made from the demo's, with its own cluster name, range and keys. */
export interface Project {
  readonly dir: string;
  readonly inventory: string;
  /** run the CLI in the project */
  provision(...args: readonly string[]): Promise<Ran>;
  /** the same, killed (SIGKILL) as soon as its output matches */
  provisionUntil(said: RegExp, ...args: readonly string[]): Promise<void>;
  write(path: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

export async function createProject(options: {
  cluster: string;
  /** the third number of 10.x.y.0/24 is 0, this is the second */
  range: number;
  /** the CLI to run: the checkout's own, or an installed one */
  bin?: string;
  inventory?: string;
}): Promise<Project> {
  const dir = await mkdtemp(join(tmpdir(), 'provision-test-'));
  const bin = options.bin ?? process.env['PROVISION_TEST_BIN'] ?? join(root, 'bin', 'provision.js');
  const demo = options.inventory ?? (await readFile(join(root, 'inventory', 'demo.yml'), 'utf8'));
  const own = demo
    .replaceAll('10.77.', `10.${options.range}.`)
    .replaceAll('cluster_name: demo', `cluster_name: ${options.cluster}`)
    .replaceAll('cluster/demo', `cluster/${options.cluster}`)
    .replaceAll('secrets/demo', `secrets/${options.cluster}`);
  const project = openProject(dir, bin);
  await project.write(project.inventory, own);
  return project;
}

/** A project that is there already. */
export function openProject(dir: string, bin = join(root, 'bin', 'provision.js')): Project {
  return {
    dir,
    inventory: 'inventory/site.yml',
    provision: (...args) => execute([process.execPath, bin, ...withSite(args)], { cwd: dir }),
    provisionUntil: (said, ...args) => killAt(said, [bin, ...withSite(args)], dir),
    async write(path, text) {
      await mkdir(join(dir, path, '..'), { recursive: true });
      await writeFile(join(dir, path), text);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** What runs a playbook and names none is given the one that comes with the package: there is none in the folder. */
function withSite(args: readonly string[]): readonly string[] {
  const [verb = ''] = args;
  const runs = verb.startsWith('-') || ['run', 'plan', 'verify', 'drift'].includes(verb);
  const named = args.some(
    (one, index) => /\.ya?ml$/.test(one) && !['-i', '--inventory'].includes(args[index - 1] ?? ''),
  );
  return runs && !named ? [...args, 'playbooks/site.yml'] : args;
}

/** Pack the checkout and install it as a user would; the path of the installed command. */
export async function installPackage(folder: string): Promise<string> {
  const packed = await execute(
    ['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder],
    { cwd: root },
  );
  if (packed.status !== 0) throw new Error(packed.text);
  await execute(['npm', 'init', '-y'], { cwd: folder });
  const installed = await execute(
    ['npm', 'install', '--no-audit', '--no-fund', `./${packed.stdout.trim().split('\n').at(-1) ?? ''}`],
    { cwd: folder },
  );
  if (installed.status !== 0) throw new Error(installed.text);
  return join(folder, 'node_modules', '.bin', 'provision');
}

function killAt(said: RegExp, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (said.test(text)) child.kill('SIGKILL');
      });
    }
    child.on('error', reject);
    child.on('close', (_status, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`it ended before it said ${String(said)}:\n${text}`));
    });
  });
}

/** The recap of a run with -v, by host. */
export function recapOf(
  text: string,
): Map<string, { ok: number; changed: number; failed: number; roundTrips: number }> {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => /^ {2}host +ok +changed/.test(line));
  const names = (lines[head] ?? '').trim().split(/ {2,}/);
  const rows = new Map<string, { ok: number; changed: number; failed: number; roundTrips: number }>();
  for (const line of lines.slice(head + 1)) {
    if (line.trim() === '') break;
    const cells = line.trim().split(/ {2,}/);
    const of = (name: string): number => Number(cells[names.indexOf(name)]);
    rows.set(cells[0] ?? '', {
      ok: of('ok'),
      changed: of('changed'),
      failed: of('failed'),
      roundTrips: of('round trips'),
    });
  }
  return rows;
}

/** The first example of a role's README.md. */
export async function exampleOf(role: string): Promise<string> {
  const text = await readFile(join(root, 'roles', role, 'README.md'), 'utf8');
  const example = /^```yaml[^\n]*\n(.*?)^```$/ms.exec(text)?.[1];
  if (example === undefined) throw new Error(`roles/${role}/README.md has no example`);
  return example;
}

/** A figure that a test measured, shown below its name. */
export function report(text: string): void {
  process.stdout.write(`${text}\n`);
}
