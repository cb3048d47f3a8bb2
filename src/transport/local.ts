import { spawn } from 'node:child_process';
import type { Channel, Connection } from './connection.js';

/** The controller itself as a host: commands are started in a session of their own. */
export function connectLocal(): Connection {
  const open = new Set<Channel>();
  let settle: (error: Error | undefined) => void = () => undefined;
  const closed = new Promise<Error | undefined>((resolve) => {
    settle = resolve;
  });
  return {
    closed,
    exec(command) {
      const child = spawn('/bin/sh', ['-c', command], { stdio: 'pipe', detached: true });
      const exit = new Promise<{ code: number | null; signal?: string }>((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => resolve(signal === null ? { code } : { code, signal }));
      });
      exit.catch(() => undefined);
      const channel: Channel = {
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: child.stderr,
        exit,
        kill: () => {
          child.kill('SIGKILL');
          channel.close();
        },
        close: () => {
          child.stdin.destroy();
          child.stdout.destroy();
          child.stderr.destroy();
          // It may never end, and is not waited for.
          child.unref();
        },
      };
      open.add(channel);
      return Promise.resolve(channel);
    },
    close() {
      for (const channel of open) channel.stdin.end();
      settle(undefined);
    },
  };
}
