import { startAgent } from '../agent/agent.js';
import type { Agent, AgentRequest, AgentResponse, RequestOptions } from '../agent/agent.js';
import type { FactsAnswer, Query } from '../agent/query.js';
import { UnreachableError, messageOf } from '../errors.js';
import type { HostConnection } from '../inventory/connection.js';
import { connect } from '../transport/connect.js';
import type { Connection } from '../transport/connection.js';

/** Who the steps run as on the host: a user name, or undefined for the login user. */
export type BecomeUser = string | undefined;

export interface SessionOptions {
  /** read at the first request: settings may depend on variables that are rendered late */
  readonly connection: () => HostConnection;
  /** who holds the host's lock; undefined where nothing is changed */
  readonly lockHolder: string | undefined;
  readonly prompt?: ((question: string) => Promise<string>) | undefined;
  readonly signal: AbortSignal;
  readonly onConnected: (ms: number) => void;
  readonly now: () => number;
}

export interface SessionCounters {
  readonly roundTrips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

const FACTS: Query = { kind: 'facts' };
const MARKERS: Query = { kind: 'markers' };

/**
 * One host during a run: its connection, made at the first request, and one agent for each user that work is done as.
 * The first request also takes the host's lock and brings the facts and the handlers that an earlier run left pending.
 */
export class Session {
  readonly host: string;
  readonly #options: SessionOptions;
  readonly #agents = new Map<BecomeUser, Promise<Agent>>();
  #connection: Promise<Connection> | undefined;
  #first = true;
  #opened: Agent[] = [];
  facts: FactsAnswer | undefined;
  /** the names of handlers that an earlier run did not come to */
  pendingHandlers: string[] = [];

  constructor(host: string, options: SessionOptions) {
    this.host = host;
    this.#options = options;
  }

  /** Send one request as a user. Facts and pending handlers travel with the first. */
  async request(
    user: BecomeUser,
    request: AgentRequest,
    options: RequestOptions = {},
  ): Promise<AgentResponse> {
    const agent = await this.#agent(user);
    try {
      return this.#first
        ? await this.#firstRequest(agent, request, options)
        : await agent.request(request, options);
    } finally {
      // A user that did not exist yet may exist the next time.
      if (agent.lost) this.#agents.delete(user);
    }
  }

  async #firstRequest(agent: Agent, request: AgentRequest, options: RequestOptions): Promise<AgentResponse> {
    this.#first = false;
    const { lockHolder } = this.#options;
    const response = await agent.request(
      {
        ...request,
        ...(lockHolder === undefined ? {} : { lock: { holder: lockHolder } }),
        queries: [...request.queries, FACTS, MARKERS],
      },
      options,
    );
    if (response.failed === undefined) {
      this.facts = response.answers.get<'facts'>({ kind: 'facts' });
      this.pendingHandlers = [...response.answers.get<'markers'>({ kind: 'markers' }).markers];
    }
    return response;
  }

  /** The host's facts, asked for once. */
  async gatherFacts(user: BecomeUser): Promise<FactsAnswer> {
    if (this.facts === undefined) {
      const response = await this.request(user, { steps: [], queries: [FACTS] });
      this.facts = response.answers.get<'facts'>({ kind: 'facts' });
    }
    return this.facts;
  }

  get counters(): SessionCounters {
    const sum = (key: keyof SessionCounters): number =>
      this.#opened.reduce((total, agent) => total + agent.counters[key], 0);
    return {
      roundTrips: sum('roundTrips'),
      bytesSent: sum('bytesSent'),
      bytesReceived: sum('bytesReceived'),
    };
  }

  get connected(): boolean {
    return this.#opened.length > 0;
  }

  /** Stop what is running on the host, at once. */
  kill(): void {
    for (const agent of this.#opened) agent.kill();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#opened.map((agent) => agent.close()));
    if (this.#connection)
      await this.#connection.then((connection) => connection.close()).catch(() => undefined);
  }

  #agent(user: BecomeUser): Promise<Agent> {
    let agent = this.#agents.get(user);
    if (!agent) {
      agent = this.#start(user);
      this.#agents.set(user, agent);
    }
    return agent;
  }

  async #start(user: BecomeUser): Promise<Agent> {
    const { prompt, signal, onConnected, now } = this.#options;
    const settings = this.#options.connection();
    if (!this.#connection) {
      const began = now();
      this.#connection = connect(settings.target, { ...(prompt ? { prompt } : {}), signal }).then(
        (connection) => {
          onConnected(now() - began);
          return connection;
        },
      );
    }
    const connection = await this.#connection.catch((error: unknown) => {
      throw error instanceof UnreachableError
        ? error
        : new UnreachableError(messageOf(error), { host: this.host, cause: error });
    });
    const agent = await startAgent(connection, {
      host: this.host,
      ...(user === undefined ? {} : { become: becomeOf(user, settings.becomePassword) }),
    });
    this.#opened.push(agent);
    return agent;
  }
}

function becomeOf(user: string, password: string | undefined): { user: string; password?: string } {
  return password === undefined ? { user } : { user, password };
}
