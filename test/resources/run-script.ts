import { spawn } from 'node:child_process';

export interface Ended {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a program of this machine as an agent would run a query or step on a host. */
export function runProgram(
  argv: readonly string[],
  {
    stdin = '',
    cwd,
    env,
  }: { stdin?: string | undefined; cwd?: string | undefined; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that ends without reading its input closes the pipe.
  child.stdin.on('error', () => undefined).end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ rc: code ?? -1, stdout, stderr }));
  });
}

/** A script query or step in sh. */
export function runScript(script: {
  readonly code: string;
  readonly args?: readonly string[];
  readonly stdin?: string;
  readonly cwd?: string;
}): Promise<Ended> {
  return runProgram(['sh', '-c', script.code, 'sh', ...(script.args ?? [])], {
    stdin: script.stdin,
    cwd: script.cwd,
  });
}
