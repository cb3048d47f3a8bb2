import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const source = resolve('examples/guestbook/app');

/** A module of the application, which is plain JavaScript. */
export async function appModule<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(join(source, 'lib', name)).href)) as T;
}

/** The application as it is deployed: a copy, with exactly what its lock file asks for. */
export async function installApp(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
  await cp(source, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  await promisify(execFile)('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: folder });
  return folder;
}

export interface RunningApp {
  readonly port: number;
  /** what it has logged so far */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  kill(signal: NodeJS.Signals): void;
  /** exit code, or the signal that ended it */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** The application as a process on a free port, once it listens. Nothing of this process' environment reaches it. */
export async function startApp(folder: string, env: Readonly<Record<string, string>>): Promise<RunningApp> {
  const process_ = spawn(process.execPath, ['server.js'], {
    cwd: folder,
    env: { PORT: '0', INSTANCE: 'test', APP_VERSION: '9.8.7', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Readonly<Record<string, unknown>>[] = [];
  const ended = new Promise<number | NodeJS.Signals | null>((done) => {
    process_.on('close', (code, signal) => done(code ?? signal));
  });
  const port = await new Promise<number>((started, failed) => {
    void ended.then((code) => failed(new Error(`ended with ${String(code)}: ${JSON.stringify(lines)}`)));
    onLines(process_, (line) => {
      const entry = parse(line);
      lines.push(entry);
      if (entry['message'] === 'listening') started(Number(entry['port']));
    });
  });
  return { port, lines, ended, kill: (signal) => void process_.kill(signal) };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** One exchange; a body that is no text is sent as JSON. Rejects as node:http does when the connection breaks. */
export function ask(
  app: RunningApp,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown; agent?: Agent } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent } = options;
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  return new Promise((answered, failed) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: app.port,
        path,
        method,
        headers: {
          ...(body !== undefined && typeof body !== 'string' ? { 'Content-Type': 'application/json' } : {}),
          ...headers,
        },
        ...(agent ? { agent } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () => {
          const content = Buffer.concat(chunks).toString('utf8');
          answered({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: content === '' ? undefined : JSON.parse(content),
          });
        });
      },
    );
    sent.on('error', failed);
    sent.end(text);
  });
}

/** A database server that takes connections and never says a word. */
export async function silentServer(): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * The database that GUESTBOOK_TEST_DATABASE names (mysql://user:password@address:port/name), as the application's
 * settings; undefined when there is none. Its table has to be there.
 */
export async function testDatabase(folder: string): Promise<Record<string, string> | undefined> {
  const given = process.env['GUESTBOOK_TEST_DATABASE'];
  if (given === undefined) return undefined;
  const url = new URL(given);
  const file = join(folder, 'password');
  await writeFile(file, `${decodeURIComponent(url.password)}\n`, { mode: 0o600 });
  return {
    DB_HOST: url.hostname,
    DB_PORT: url.port || '3306',
    DB_USER: decodeURIComponent(url.username),
    DB_NAME: url.pathname.slice(1),
    DB_PASSWORD_FILE: file,
  };
}

export function removeApp(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

function onLines(child: ChildProcess, take: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      parts.forEach(take);
    });
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { message: line };
  }
}
