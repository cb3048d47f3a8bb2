import ssh2, {
  type AuthHandlerMiddleware,
  type ClientChannel,
  type Algorithms,
  type ConnectConfig,
} from 'ssh2';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { UnreachableError, type ProvisionError } from '../errors.js';
import type { Channel, Connection } from './connection.js';
import type { ConnectOptions } from './connect.js';
import { timeFor, type TimeLeft } from './dial.js';
import { plainReason, tooLate } from './failure.js';
import { gatherWrites } from './gather-writes.js';
import { ALGORITHMS } from './algorithms.js';
import { algorithmsFor, createHostKeyCheck, type HostKeyCheck } from './host-key.js';
import { authMethods, type Tried } from './login.js';
import { createOffers, type Offers } from './offers.js';
import type { SshTarget } from './target.js';

const { Client } = ssh2;
type Client = InstanceType<typeof Client>;

/** A link without a sign of life for three times this long (ms) is lost. */
const KEEPALIVE = 10_000;

/** ms that a host has to close a connection that is ended. Then its socket is closed here. */
const CLOSE_WITHIN = 1000;

/** What a login goes over, and how long it may take. */
interface Opened {
  readonly socket: Duplex;
  readonly timeLeft: TimeLeft;
}

/** Log in by ssh, through the target's jump hosts. `opened` leads to the first of them. */
export async function connectSsh(
  target: SshTarget,
  opened: Opened,
  options: ConnectOptions,
): Promise<Connection> {
  const hops = [...target.jumps, target];
  const through: Client[] = [];
  try {
    for (const [index, hop] of hops.entries()) {
      const before = through.at(-1);
      const link = before
        ? { socket: await forward(before, hop, hops[index - 1]!), timeLeft: timeFor(hop) }
        : opened;
      through.push(await login(hop, link, options));
    }
  } catch (error) {
    for (const client of through) client.end();
    if (through.length === 0) opened.socket.destroy();
    throw error;
  }
  const client = through.at(-1) as Client;
  return connectionOver(client, { target, socket: opened.socket }, () => {
    for (const one of [...through].reverse()) one.end();
    // What the others go over, too. A host may leave it open for ever.
    const late = setTimeout(() => opened.socket.destroy(), CLOSE_WITHIN);
    opened.socket.once('close', () => clearTimeout(late));
    late.unref();
  });
}

async function login(
  target: SshTarget,
  { socket, timeLeft }: Opened,
  options: ConnectOptions,
): Promise<Client> {
  believeKnownHosts(target, options);
  if (socket instanceof Socket) gatherWrites(socket);
  const check = createHostKeyCheck(target, socket instanceof Socket ? socket.remoteAddress : undefined);
  const tried: Tried[] = [];
  const offers = createOffers();
  const client = new Client();
  const config: ConnectConfig = {
    sock: socket,
    username: target.user,
    readyTimeout: 0, // `timeLeft` holds for TCP as well
    keepaliveInterval: KEEPALIVE,
    keepaliveCountMax: 3,
    hostVerifier: (key: Buffer, verify: (ok: boolean) => void) => {
      const accepted = check.accept(key);
      if (accepted === true) verify(true);
      else accepted.then(verify, () => verify(false));
    },
    debug: offers.note,
    algorithms: algorithmsOf(target, check.pinned),
    authHandler: authMethods(target, options, tried) as AuthHandlerMiddleware,
  };
  await ready(client, config, { socket, target, options, timeLeft, check, tried, offers });
  try {
    check.remember();
  } catch (error) {
    client.on('error', () => undefined);
    client.destroy();
    throw error;
  }
  // Whoever uses the connection learns of its end by its close; a jump host's link may break too.
  client.on('error', () => undefined);
  return client;
}

/** What is offered to a host: what its options leave, else ssh2's own choice without what rests on SHA-1. */
function algorithmsOf({ algorithms = {} }: SshTarget, pinned: readonly string[]): Algorithms {
  const exactly = (list: readonly string[]): never[] => [...list] as never[];
  return {
    kex: exactly(algorithms.KexAlgorithms ?? ALGORITHMS.KexAlgorithms),
    serverHostKey: exactly(algorithmsFor(pinned, algorithms.HostKeyAlgorithms)),
    // Which ciphers there are, and how fast, depends on the machine.
    cipher: algorithms.Ciphers
      ? exactly(algorithms.Ciphers)
      : { prepend: ['aes128-gcm@openssh.com'], append: [], remove: [] },
    hmac: exactly(algorithms.MACs ?? ALGORITHMS.MACs),
    compress: ['none'],
  };
}

/** Who can write to these files decides which host is believed. */
function believeKnownHosts(target: SshTarget, { trust }: ConnectOptions): void {
  try {
    for (const [index, file] of target.knownHostsFiles.entries()) {
      const isWritten = index === 0 && target.hostKeyChecking === 'accept-new';
      if (isWritten || existsSync(file)) trust?.require(file);
    }
  } catch (error) {
    const { message, detail, hint } = error as ProvisionError;
    throw new UnreachableError(message, { host: target.name, detail, hint, cause: error });
  }
}

function ready(
  client: Client,
  config: ConnectConfig,
  given: {
    socket: Duplex;
    target: SshTarget;
    options: ConnectOptions;
    timeLeft: TimeLeft;
    check: HostKeyCheck;
    tried: Tried[];
    offers: Offers;
  },
): Promise<void> {
  const { socket, target, options, timeLeft, check, tried, offers } = given;
  let greeting = '';
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      release();
      client.on('error', () => undefined);
      socket.destroy();
      reject(
        check.problem ??
          (error instanceof UnreachableError
            ? error
            : (offers.noneInCommon(error, target) ?? plainReason(error, target, tried, greeting))),
      );
    };
    const late = setTimeout(() => fail(tooLate(target)), timeLeft());
    const onAbort = (): void => fail(new UnreachableError('interrupted', { host: target.name }));
    const release = (): void => {
      clearTimeout(late);
      options.signal?.removeEventListener('abort', onAbort);
      client.removeAllListeners('error');
      client.removeAllListeners('close');
    };
    if (options.signal?.aborted) {
      onAbort();
      return;
    }
    if (socket.destroyed) {
      fail(new Error('closed before handshake'));
      return;
    }
    options.signal?.addEventListener('abort', onAbort, { once: true });
    client.once('ready', () => {
      release();
      resolve();
    });
    // An ssh-agent that does not answer, or a key that does not sign, is no end: what follows it is tried next.
    client.on('error', (error: Error & { level?: string }) => {
      if (error.level !== 'agent' && !/^Error (while )?signing /.test(error.message)) fail(error);
      else tried.push({ what: error.level === 'agent' ? 'the ssh-agent' : 'a key', problem: error.message });
    });
    client.once('close', () => fail(new Error('the host closed the connection')));
    // In place of its name sshd says why it takes no login. ssh2 tells of such a line only when the name follows.
    socket.once('data', (chunk: Buffer) => {
      greeting = chunk.toString('latin1', 0, 200).trim();
    });
    client.connect(config);
  });
}

function forward(client: Client, next: SshTarget, hop: SshTarget): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, next.host, next.port, (error, stream) => {
      if (!error) resolve(stream);
      else {
        reject(
          new UnreachableError(
            `jump host ${hop.host} cannot reach ${next.host} port ${next.port}: ${error.message}`,
            {
              host: next.name,
              hint: 'check the address as the jump host sees it, and AllowTcpForwarding there',
            },
          ),
        );
      }
    });
  });
}

function connectionOver(
  client: Client,
  { target, socket }: { readonly target: SshTarget; readonly socket: Duplex },
  end: () => void,
): Connection {
  const refused = (error: Error): UnreachableError =>
    new UnreachableError(`${target.host} starts no command: ${error.message}`, {
      host: target.name,
      hint: 'is the connection still up, and does MaxSessions of its sshd allow another session?',
      cause: error,
    });
  let lost: Error | undefined;
  client.on('error', (error) => {
    lost = error;
  });
  const closed = new Promise<Error | undefined>((resolve) => {
    client.once('close', () => resolve(lost));
  });
  return {
    closed,
    close: end,
    exec: (command) =>
      new Promise((resolve, reject) => {
        try {
          client.exec(command, (error, stream) => {
            if (error) reject(refused(error));
            else resolve(channelOver(stream, socket, closed));
          });
        } catch (error) {
          reject(refused(error as Error));
        }
      }),
  };
}

/** ssh2 hands packets to the socket as fast as the host's window allows, whether the link takes them or not. */
function flushed(socket: Duplex): Promise<void> {
  if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

function channelOver(stream: ClientChannel, socket: Duplex, closed: Promise<Error | undefined>): Channel {
  let ended: { code: number | null; signal?: string } = { code: null };
  stream.on('exit', (code: number | null, signal?: string) => {
    ended =
      signal === undefined ? { code } : { code, signal: signal.startsWith('SIG') ? signal : `SIG${signal}` };
  });
  const exit = Promise.race([
    new Promise<typeof ended>((resolve) => {
      stream.once('close', () => resolve(ended));
    }),
    closed.then(() => ended),
  ]);
  const kill = (): void => {
    stream.signal('KILL');
    stream.close();
  };
  return {
    flushed: () => flushed(socket),
    stdin: stream,
    stdout: stream,
    stderr: stream.stderr,
    exit,
    kill,
    close: () => stream.close(),
  };
}
