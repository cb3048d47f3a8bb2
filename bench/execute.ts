import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { lastLines } from '../src/cluster/run.js';
import { BenchError } from './error.js';

export interface Command {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Executed {
  readonly ms: number;
  readonly output: string;
  /** the most memory that the program itself had resident, as it was last seen, in MB */
  readonly peakMb: number;
}

/** Run a program to its end, with its time. It does not outlive an interrupted benchmark. */
export async function execute(command: Command, signal: AbortSignal): Promise<Executed> {
  const [program = '', ...args] = command.argv;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, {
      cwd: command.cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own group, so that what it started ends with it.
      detached: true,
    });
    let output = '';
    let peakMb = 0;
    const watch = setInterval(() => (peakMb = Math.max(peakMb, peakOf(child.pid))), 25);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const stop = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    // `exit` and not `close`: what a contestant leaves behind, as a multiplexed ssh does, may hold its output open.
    child.on('exit', (code) => {
      const ms = performance.now() - began;
      clearInterval(watch);
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(signal.reason as Error);
      else if (code === 0) setTimeout(() => resolve({ ms, output, peakMb }), 50);
      else setTimeout(() => reject(failed(command, code, output)), 50);
    });
  });
}

/** The high-water mark of a process that runs; 0 when it has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

function failed({ argv }: Command, code: number | null, output: string): Error {
  return new BenchError(`\`${argv.join(' ')}\` ended with ${code ?? 'a signal'}`, {
    detail: lastLines(output, 30),
  });
}
