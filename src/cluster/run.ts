import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { ClusterError, escapeControl, messageOf } from '../errors.js';

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface Ran {
  /** 128 + the signal's number when a signal ended it, as a shell says it */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a program to its end. Throws when it fails, with its last lines. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const ran = await attempt(argv, options);
  if (ran.code === 0) return ran;
  if (options.signal?.aborted)
    throw new ClusterError('interrupted', { hint: 'run the command again: it takes over what is there' });
  throw new ClusterError(`\`${argv.join(' ')}\` failed with exit code ${ran.code}`, {
    detail: lastLines(ran.stderr || ran.stdout),
  });
}

/** The same for programs whose failure is an answer. Throws only when there is no such program. */
export async function attempt(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program, ...args] = argv;
  return new Promise<Ran>((resolve, reject) => {
    const child = spawn(program!, args, {
      env: { PATH: searchPath, LC_ALL: 'C.UTF-8', ...options.env },
      signal: options.signal,
      // unshare and flock hold back SIGTERM from what they started
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // A program that ends without reading its input is no error of its own.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => {
      if (options.signal?.aborted) return;
      reject(new ClusterError(`cannot run ${basename(program!)}: ${messageOf(error)}`, { cause: error }));
    });
    child.on('close', (code) => {
      resolve({
        code: code ?? 128 + 9,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}

/** Programs of the administrator are outside of the path of plain users on Debian. */
export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The command in a process and mount namespace of its own that ends with this process: when the controller is killed, nothing
 * that it started goes on building or stays mounted.
 */
export function contained(argv: readonly string[]): string[] {
  return [
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--',
    ...argv,
  ];
}

/** The end of a program's output, ready to be shown: colours taken out, control characters made visible. */
export function lastLines(text: string, count = 15): string[] {
  const plain = text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007]*\u0007|\r/g, '');
  const lines = plain.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-count).map(escapeControl);
}
