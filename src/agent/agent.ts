import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Channel, Connection } from '../transport/connection.js';
import { TaskError } from '../errors.js';
import { packageFile } from '../package-file.js';
import { becomeCommand, becomeFailure, givePassword, type Become } from './become.js';
import { createExchange, type Exchange, type RequestOptions } from './exchange.js';
import { compileRequest, type AgentRequest, type AgentResponse } from './request.js';
import { quote } from './quote.js';
import { splitRequest } from './split-request.js';

export type { AgentRequest, AgentResponse } from './request.js';
export type { RequestOptions } from './exchange.js';
export { LockedError } from './locked-error.js';

/** A shell on a host that answers requests for as long as the run lasts. */
export interface Agent {
  /**
   * Do steps and answer queries, in one write and one answer. Requests are answered in the order in which they are made.
   * @throws LockedError when somebody else works on the host
   * @throws TaskError when a step took longer than `timeout` seconds, or become was refused
   * @throws UnreachableError when the connection is lost
   */
  request(request: AgentRequest, options?: RequestOptions): Promise<AgentResponse>;
  /** Stop what is running, at once. */
  kill(): void;
  /** Let it end. Resolves when it is gone. */
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

/** ms that an agent has to end once nothing more is asked of it */
const END_WITHIN = 5000;

/** What is indented or a comment is so for the reader: hosts are sent the rest. */
const sh = (file: string): string =>
  readFileSync(packageFile(`src/agent/${file}`), 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/^[ \t]+/gm, '');

/** What is done with files is a text for itself as well: a process that works with a user's rights gets it, and nothing else. */
const program = Buffer.from(
  `files=${quote(sh('files.sh'))}\neval "$files"\n${sh('owner.sh')}${sh('agent.sh')}`,
);

/** Reads exactly the agent's program from stdin and becomes it: nothing of it is in argv or on the disk. */
const bootstrap = 'IFS= read -r n; eval "$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null)"';

/**
 * Start an agent over one exec channel. Its program and the first request travel together; a become that is refused shows
 * with the first request.
 */
export async function startAgent(connection: Connection, options: AgentOptions): Promise<Agent> {
  const { host, become, shell = 'sh' } = options;
  // The prompt is seen in sudo's argv; the nonce, which parts the output of programs, must not be.
  const [nonce, prompt] = [
    randomBytes(18).toString('base64url'),
    `[sudo ${randomBytes(9).toString('base64url')}]`,
  ];
  const channel = await connection.exec(becomeCommand({ shell, program: bootstrap, become, prompt }));
  const exchange = createExchange({
    host,
    nonce,
    channel,
    refused: (code, said) => become && becomeFailure(become, code, said, prompt),
  });
  if (become?.password !== undefined) await givePassword(channel, become.password, prompt);
  exchange.write(Buffer.concat([Buffer.from(`${program.length}\n`), program, Buffer.from(`${nonce}\n`)]));
  return agentOver(exchange, host, channel);
}

function agentOver(exchange: Exchange, host: string, channel: Channel): Agent {
  let changed: Promise<unknown> = Promise.resolve();
  let answered: Promise<unknown> = Promise.resolve();
  return {
    // Requests that only ask are sent at once, behind each other. What does something waits here for all before it, and is
    // waited for: meanwhile the agent stays in its loop, where it notices K and the end.
    request(request, options = {}) {
      const asks = onlyAsks(request);
      const mine = (asks ? changed : answered).then(() => answer(request, options, { exchange, host }));
      answered = Promise.all([answered, mine.catch(() => undefined)]);
      if (!asks) changed = answered;
      return mine;
    },
    kill: () => exchange.kill(),
    async close() {
      exchange.end();
      const late = setTimeout(() => channel.close(), END_WITHIN);
      await exchange.ended;
      clearTimeout(late);
      channel.close();
    },
    get counters() {
      return exchange.counters;
    },
    get lost() {
      return exchange.lost;
    },
  };
}

function onlyAsks({ lock, mark = [], steps, clear = [] }: AgentRequest): boolean {
  return !lock && mark.length + steps.length + clear.length === 0;
}

async function answer(
  request: AgentRequest,
  options: RequestOptions,
  { exchange, host }: { exchange: Exchange; host: string },
): Promise<AgentResponse> {
  const outputs: AgentResponse['outputs'][number][] = [];
  for (const piece of splitRequest(request)) {
    const compiled = compileRequest(piece, outputs.length);
    const response = compiled.read(await exchange.run(compiled.script, options));
    if ('broken' in response) {
      throw new TaskError('the note for a pending handler could not be written', {
        host,
        detail: response.broken.stderr.toString('utf8').trim().split('\n'),
        hint: 'is the disk of the host full, or /var read-only?',
      });
    }
    outputs.push(...response.outputs);
    if (response.failed !== undefined || piece.last) {
      return { ...response, outputs, failed: response.failed === undefined ? undefined : outputs.length - 1 };
    }
  }
  throw new Error('a request has a last piece');
}
