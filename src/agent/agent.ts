import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Channel, Connection } from '../transport/connection.js';
import { UnreachableError } from '../errors.js';
import { becomeCommand, becomeFailure, givePassword, type Become } from './become.js';
import { createExchange, type Exchange, type RequestOptions } from './exchange.js';
import { createBudget, DEFAULT_LIMITS, type Budget, type HostLimits } from './limits.js';
import { compileRequest, type AgentRequest, type AgentResponse } from './request.js';
import { NoteError } from './note-error.js';
import { quote } from './quote.js';
import { shellText } from './shell-text.js';
import { splitRequest } from './split-request.js';
import { within } from './within.js';

export type { AgentRequest, AgentResponse } from './request.js';
export type { RequestOptions } from './exchange.js';
export { LockedError } from './locked-error.js';
export { NoteError } from './note-error.js';
export { StoppedError } from './stopped-error.js';

/** A shell on a host that answers requests for as long as the run lasts. */
export interface Agent {
  /**
   * Do steps and answer queries, in one write and one answer. Requests are answered in the order in which they are made.
   * @throws LockedError when somebody else works on the host
   * @throws NoteError when a note of a pending handler cannot be written or removed
   * @throws TaskError when a step took longer than `timeout` seconds, answers longer than the host's limits allow, or become was refused
   * @throws StoppedError when `signal` ended what only asks
   * @throws UnreachableError when the connection is lost, or what answers is no agent
   */
  request(request: AgentRequest, options?: RequestOptions): Promise<AgentResponse>;
  /** Stop what is running, at once. */
  kill(): void;
  /** Let it end. Resolves when it is gone, or after some seconds. */
  close(): Promise<void>;
  readonly counters: AgentCounters;
  /** it answers no more: become was refused, or the connection is gone */
  readonly lost: boolean;
  /** it was given up: nothing more shall be heard of its host */
  readonly abandoned: boolean;
}

export interface AgentCounters {
  /** writes that were answered before the next one */
  readonly roundTrips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface AgentOptions {
  /** for messages */
  readonly host: string;
  readonly become?: Become;
  /** the interpreter; the tests run the agent under several */
  readonly shell?: string;
  readonly limits?: HostLimits;
  /** what all agents of the host have in common */
  readonly budget?: Budget;
  /** aborting gives up */
  readonly signal?: AbortSignal;
}

/** ms that an agent has to end once nothing more is asked of it. Then its channel is closed, and nobody waits for what the host makes of that. */
const END_WITHIN = 5000;

/** What is done with files is a text for itself as well: a process that works with a user's rights gets it, and nothing else. */
let program: Buffer | undefined;

/** Compressed: with it the first write stays within what a new connection sends before it waits for the other side. */
function packedProgram(): Buffer {
  program ??= gzipSync(
    `files=${quote(shellText('files.sh'))}\neval "$files"\n${shellText('owner.sh')}${shellText('agent.sh')}`,
    {
      level: 9,
    },
  );
  return program;
}

/** Reads exactly the agent's program from stdin and becomes it: nothing of it is in argv or on the disk. */
const bootstrap = 'IFS= read -r n; eval "$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null | gzip -dc)"';

/**
 * Start an agent over one exec channel. Its program and the first request travel together; a become that is refused shows
 * with the first request.
 */
export async function startAgent(connection: Connection, options: AgentOptions): Promise<Agent> {
  const { host, become, shell = 'sh', limits = DEFAULT_LIMITS } = options;
  // The prompt is seen in sudo's argv; the nonce, which parts the output of programs, must not be.
  const [nonce, prompt] = [
    randomBytes(18).toString('base64url'),
    `[sudo ${randomBytes(9).toString('base64url')}]`,
  ];
  const late = (what: string): UnreachableError =>
    new UnreachableError(`${what} within ${limits.idle} s`, {
      host,
      hint: 'is the host overloaded, or its login shell stuck?',
    });
  const time = { ms: limits.idle * 1000, signal: options.signal, host };
  const command = becomeCommand({ shell, program: bootstrap, become, prompt });
  const channel = await within(connection.exec(command), time, () => late('the host starts no command'));
  const exchange = createExchange({
    host,
    nonce,
    channel,
    startWithin: limits.idle,
    budget: options.budget ?? createBudget(limits.bytes),
    refused: (code, said) => become && becomeFailure(become, code, said, prompt),
  });
  if (become?.password !== undefined) {
    const given = givePassword(channel, become.password, prompt);
    await within(given, time, () => late('sudo starts no shell')).catch((error: unknown) => {
      channel.close();
      throw error;
    });
  }
  const packed = packedProgram();
  exchange.write(Buffer.concat([Buffer.from(`${packed.length}\n`), packed, Buffer.from(`${nonce}\n`)]));
  return agentOver({ exchange, host, limits }, channel);
}

/** Whom to ask, and how. */
interface Asked {
  readonly exchange: Exchange;
  readonly host: string;
  readonly limits: HostLimits;
}

function agentOver(asked: Asked, channel: Channel): Agent {
  const { exchange } = asked;
  let changed: Promise<unknown> = Promise.resolve();
  let answered: Promise<unknown> = Promise.resolve();
  return {
    // Requests that only ask are sent at once, behind each other. What does something waits here for all before it, and is
    // waited for: meanwhile the agent stays in its loop, where it notices K and the end.
    request(request, options = {}) {
      const asks = onlyAsks(request);
      const mine = (asks ? changed : answered).then(() => answer(request, options, asked));
      answered = Promise.all([answered, mine.catch(() => undefined)]);
      if (!asks) changed = answered;
      return mine;
    },
    kill: () => exchange.kill(),
    async close() {
      exchange.end();
      const late = exchange.abandoned ? 0 : END_WITHIN;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([exchange.ended, new Promise((resolve) => (timer = setTimeout(resolve, late)))]);
      clearTimeout(timer);
      channel.close();
    },
    get counters() {
      return exchange.counters;
    },
    get lost() {
      return exchange.lost;
    },
    get abandoned() {
      return exchange.abandoned;
    },
  };
}

function onlyAsks({ lock, mark = [], steps, clear = [] }: AgentRequest): boolean {
  return !lock && mark.length + steps.length + clear.length === 0;
}

async function answer(
  request: AgentRequest,
  options: RequestOptions,
  { exchange, host, limits }: Asked,
): Promise<AgentResponse> {
  const outputs: AgentResponse['outputs'][number][] = [];
  for (const piece of splitRequest(request)) {
    const compiled = compileRequest(piece, outputs.length, limits);
    const response = compiled.read(await exchange.run(compiled.script, options));
    if ('broken' in response) {
      const { broken, doing } = response;
      throw new NoteError(doing, host, broken.stderr.toString('utf8'));
    }
    outputs.push(...response.outputs);
    if (response.failed !== undefined || piece.last) {
      return { ...response, outputs, failed: response.failed === undefined ? undefined : outputs.length - 1 };
    }
  }
  throw new Error('a request has a last piece');
}
