import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Channel, Connection } from '../transport/connection.js';
import { TaskError, UnreachableError } from '../errors.js';
import { becomeCommand, becomeFailure, givePassword, type Become } from './become.js';
import { createExchange, type Exchange, type RequestOptions } from './exchange.js';
import { compileRequest, type AgentRequest, type AgentResponse } from './request.js';
import { scriptOf } from './part.js';
import { stageContent } from './stage.js';

export type { AgentRequest, AgentResponse } from './request.js';
export type { RequestOptions } from './exchange.js';

/** A shell on a host that answers requests for as long as the run lasts. */
export interface Agent {
  /**
   * Do steps and answer queries, in one write and one answer.
   * @throws LockedError when somebody else works on the host
   * @throws TaskError when a step took longer than `timeout` seconds, or become was refused
   * @throws UnreachableError when the connection is lost
   */
  request(request: AgentRequest, options?: RequestOptions): Promise<AgentResponse>;
  /** Stop what is running, at once. */
  kill(): void;
  close(): Promise<void>;
  readonly counters: AgentCounters;
  /** it answers no more: become was refused, or the connection is gone */
  readonly lost: boolean;
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
}

/** Somebody else works on the host. */
export class LockedError extends TaskError {}

const program = readFileSync(new URL('./agent.sh', import.meta.url));

/** Reads exactly the agent's program from stdin and becomes it: nothing of it is in argv or on the disk. */
const bootstrap = 'IFS= read -r n; eval "$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null)"';

/**
 * Start an agent over one exec channel. Its program and the first request travel together; a become that is refused shows
 * with the first request.
 */
export async function startAgent(connection: Connection, options: AgentOptions): Promise<Agent> {
  const { host, become, shell = 'sh' } = options;
  const nonce = randomBytes(18).toString('base64url');
  const channel = await connection.exec(becomeCommand(`${shell} -c '${bootstrap}'`, become, nonce));
  const exchange = createExchange({
    host,
    nonce,
    channel,
    refused: (code, stderr) => becomeFailure(become, code, stderr),
  });
  const hello = Buffer.concat([Buffer.from(`${program.length}\n`), program, Buffer.from(`${nonce}\n`)]);
  if (become?.password === undefined) exchange.write(hello);
  else await givePassword({ channel, exchange, become, nonce, hello });
  return agentOver(exchange, host, channel);
}

function agentOver(exchange: Exchange, host: string, channel: Channel): Agent {
  return {
    async request(request, options = {}) {
      if (request.lock) await takeLock(exchange, request.lock.holder, host);
      const staged = await stageContent(request.steps, exchange, options);
      const compiled = compileRequest(request, staged);
      const outputs = await exchange.run(
        {
          script: scriptOf(compiled.parts),
          parts: compiled.parts,
          uninterruptible: compiled.uninterruptible,
          stepOf: compiled.stepOf,
        },
        options,
      );
      const response = compiled.read(outputs);
      if (!('broken' in response)) return response;
      throw new TaskError('the note for a pending handler could not be written', {
        host,
        detail: response.broken.stderr.toString('utf8').trim().split('\n'),
        hint: 'is the disk of the host full, or /var read-only?',
      });
    },
    kill: () => exchange.kill(),
    async close() {
      exchange.end();
      await channel.exit.catch(() => undefined);
    },
    get counters() {
      return exchange.counters;
    },
    get lost() {
      return exchange.lost;
    },
  };
}

async function takeLock(exchange: Exchange, holder: string, host: string): Promise<void> {
  const [state, ...words] = await exchange.lock(holder);
  if (state === 'taken') return;
  // Another name of the inventory for the same machine: the run does not stand in its own way.
  if (state === 'held' && words.join(' ') === holder) return;
  if (state === 'held') {
    throw new LockedError(`another run works on the host: ${words.join(' ') || 'unknown'}`, {
      host,
      hint: 'wait for it; the lock goes with its process and cannot be left behind',
    });
  }
  throw new UnreachableError(`the host cannot be locked: ${words.join(' ')}`, { host });
}
