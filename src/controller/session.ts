import { userInfo } from 'node:os';
import { NoteError, startAgent } from '../agent/agent.js';
import type { Become } from '../agent/become.js';
import type { Agent, AgentRequest, AgentResponse, RequestOptions } from '../agent/agent.js';
import {
  Answers,
  queryKey,
  type Answer,
  type FactsAnswer,
  type LoginQuery,
  type Query,
} from '../agent/query.js';
import { createBudget, DEFAULT_LIMITS, type Budget } from '../agent/limits.js';
import { noteFile } from '../agent/note-file.js';
import { UnreachableError, messageOf } from '../errors.js';
import type { HostConnection } from '../inventory/connection.js';
import { connect } from '../transport/connect.js';
import { becomeParts, userName } from './become-user.js';
import type { Trust } from '../trust/trust.js';
import { stepFailure } from './failure.js';
import { tryLogin } from './try-login.js';
import type { Connection } from '../transport/connection.js';

/** Who the steps run as on the host: a user name, with what become-user.ts adds to it, or undefined for the login user. */
export type BecomeUser = string | undefined;

export interface SessionOptions {
  /** read at the first request: settings may depend on variables that are rendered late */
  readonly connection: () => HostConnection;
  /** who holds the host's lock; undefined where nothing is changed */
  readonly lockHolder: string | undefined;
  readonly prompt?: ((question: string) => Promise<string>) | undefined;
  readonly trust?: Trust | undefined;
  readonly signal: AbortSignal;
  readonly onConnected: (ms: number) => void;
  /** told of each request that was answered */
  readonly onRequest: (about: RequestReport) => void;
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
  /** bring the facts with the first request: something may read them. Otherwise they are asked for when that happens. */
  readonly facts: boolean;
}

export interface SessionCounters {
  readonly roundTrips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** What one request came to, for -vvv. */
export interface RequestReport {
  readonly user: BecomeUser;
  readonly queries: number;
  readonly steps: number;
  /** bytes */
  readonly sent: number;
  readonly received: number;
  readonly ms: number;
}

/** ms that work on files may take from the moment at which the run is to end. */
const GRACE = 10_000;

const FACTS: Query = { kind: 'facts' };
const MARKERS: Query = { kind: 'markers' };

/**
 * One host during a run: its connection, made at the first request, and one agent for each user that work is done as.
 * The first request also takes the host's lock and brings the facts, where something may read them. The first one of each user brings the handlers that
 * an earlier run left pending: every user notes its own.
 */
export class Session {
  readonly host: string;
  readonly #options: SessionOptions;
  readonly #agents = new Map<BecomeUser, Promise<Agent>>();
  #connection: Promise<Connection> | undefined;
  /** what the host's answers may take, of all its agents together */
  #budget: Budget | undefined;
  #begun = false;
  #opened: Agent[] = [];
  /** agents that have told which handlers are pending */
  readonly #told = new WeakSet<Agent>();
  readonly #toldUsers = new Set<BecomeUser>();
  /** the handlers that are marked on the host, and by which users */
  readonly #marked = new Map<string, Set<BecomeUser>>();
  /** those of them that an earlier run did not come to */
  readonly #leftOver = new Map<string, Set<BecomeUser>>();
  /** users that have kept files for a handler in this run */
  readonly #kept = new Map<string, Set<BecomeUser>>();
  /** answers that hold until something is changed; undefined: something was */
  #known: Map<BecomeUser, Map<string, Answer>> | undefined = new Map();
  facts: FactsAnswer | undefined;
  #soon: AbortSignal | undefined;
  /** they are being asked for already */
  #gathering: Promise<FactsAnswer> | undefined;

  constructor(host: string, options: SessionOptions) {
    this.host = host;
    this.#options = options;
  }

  /** Log in, unless that is under way: the first request will find it done. What goes wrong is told to that request. */
  begin(user: BecomeUser): void {
    if (!this.#connection) this.#agent(user).catch(() => undefined);
  }

  /** Send one request as a user. Facts and pending handlers travel with the first. */
  async request(
    user: BecomeUser,
    request: AgentRequest,
    options: RequestOptions = {},
  ): Promise<AgentResponse> {
    const [logins, others] = loginsIn(request.queries);
    if (logins.length > 0)
      return this.#requestAndLogIn(logins, user, { ...request, queries: others }, options);
    const [known, unknown] = this.#split(user, request);
    if (known.size > 0 && unknown.length === 0)
      return { outputs: [], failed: undefined, answers: new Answers(known) };
    const agent = await this.#agent(user);
    // What an earlier run left must be told apart from what this request notes.
    if (request.mark?.length && !this.#told.has(agent)) await this.request(user, { steps: [], queries: [] });
    const noting = (request.mark ?? []).filter((key) => this.#marked.get(key)?.has(user) !== true);
    for (const key of noting) addTo(this.#marked, key, user);
    for (const key of request.keep ?? []) addTo(this.#kept, key, user);
    const { lockHolder } = this.#options;
    const lock = this.#begun || lockHolder === undefined ? {} : { lock: { holder: lockHolder } };
    const facts = this.#begun || this.#gathering || !this.#options.facts ? [] : [FACTS];
    const markers = this.#told.has(agent) ? [] : [MARKERS];
    try {
      const queries = [...unknown, ...facts, ...markers];
      const { now, onRequest } = this.#options;
      const began = now();
      const before = { ...agent.counters };
      const by = markers.length === 0 || lockHolder === undefined ? {} : { by: lockHolder };
      // What only asks leaves nothing half done: nobody waits for it once the run shall end. What changes files takes a moment, unless
      // the user whose folder it is holds it up. For programs there is the second Ctrl-C.
      const { signal } = this.#options;
      const stop = asksOnly(request) ? { signal } : isBrief(request) ? { signal: this.#soonAfter() } : {};
      const response = await agent.request({ ...request, ...by, ...lock, queries }, { ...stop, ...options });
      const { counters } = agent;
      onRequest({
        user,
        queries: queries.length,
        steps: request.steps.length,
        sent: counters.bytesSent - before.bytesSent,
        received: counters.bytesReceived - before.bytesReceived,
        ms: Math.round(now() - began),
      });
      if (leftAsItWas(request, response)) for (const key of noting) dropFrom(this.#marked, key, user);
      for (const key of request.clear ?? []) {
        dropFrom(this.#marked, key, user);
        dropFrom(this.#kept, key, user);
      }
      // What follows a failed step was not asked: the next request asks for it again.
      if (response.failed === undefined) {
        this.#begun = true;
        this.#told.add(agent);
        this.#toldUsers.add(user);
        if (facts.length > 0) this.facts = response.answers.get<'facts'>({ kind: 'facts' });
        if (markers.length > 0) this.#noteLeftOver(response, user);
      }
      return withKnown(response, known);
    } catch (error) {
      // None of its notes is there, and nothing was done.
      if (error instanceof NoteError) for (const key of noting) dropFrom(this.#marked, key, user);
      throw error;
    } finally {
      // A user that did not exist yet may exist the next time.
      if (agent.lost) this.#agents.delete(user);
      if (agent.abandoned) await this.#hangUp();
    }
  }

  /** What was asked now and will be asked again: until `forget` it is answered from here. */
  remember(user: BecomeUser, queries: readonly Query[], answers: Answers): void {
    const known = this.#known?.get(user) ?? new Map<string, Answer>();
    for (const query of queries) known.set(queryKey(query), answers.passed(query));
    this.#known?.set(user, known);
  }

  /** Something is changed, here or on another host: nothing that was asked before holds any more, nor what is being asked. */
  forget(): void {
    this.#known = undefined;
  }

  /** Whether the host is the controller itself. */
  get isLocal(): boolean {
    return this.#options.connection().target.kind === 'local';
  }

  /** The names of handlers that an earlier run did not come to, with the users that have noted them. */
  get pendingHandlers(): ReadonlyMap<string, ReadonlySet<BecomeUser>> {
    return this.#leftOver;
  }

  /** The names of all handlers that are noted on the host, with the users that have noted them. */
  get markedHandlers(): ReadonlyMap<string, ReadonlySet<BecomeUser>> {
    return this.#marked;
  }

  /** Where on the host a user's notes are, for people. */
  noteFolder(user: BecomeUser): string {
    const { target } = this.#options.connection();
    const name =
      user === undefined ? (target.kind === 'ssh' ? target.user : userInfo().username) : userName(user);
    return name === 'root' ? '/var/lib/provision/pending' : `~${name}/.local/state/provision/pending`;
  }

  /** Whether the host was asked something. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The notes of a user that was not worked as yet. */
  async readMarks(user: BecomeUser): Promise<void> {
    if (!this.#toldUsers.has(user)) await this.request(user, { steps: [], queries: [] });
  }

  /** Whether the host has a note that a handler has to run. */
  isMarked(key: string): boolean {
    return this.#marked.has(key);
  }

  /** A handler is done, or was not needed: whoever noted it, or kept files for it, forgets it. */
  async clearMark(key: string): Promise<void> {
    this.#leftOver.delete(key);
    for (const user of new Set([...(this.#marked.get(key) ?? []), ...(this.#kept.get(key) ?? [])]))
      await this.request(user, { steps: [], clear: [key], queries: [] });
  }

  /** Put back the files that were kept for a handler. @returns the paths of those that differed */
  async restoreKept(key: string): Promise<string[]> {
    const restored: string[] = [];
    // An earlier run may have kept some as any of them.
    for (const user of [...this.#agents.keys()]) {
      const step = { kind: 'script', code: 'restore_files "$1"', args: [noteFile(key)] } as const;
      const { failed, outputs } = await this.request(user, { steps: [step], queries: [] });
      if (failed !== undefined) throw stepFailure(step, outputs[0]!, { host: this.host });
      restored.push(...outputs.flatMap(({ stdout }) => stdout.split('\n').filter((path) => path !== '')));
    }
    return restored;
  }

  /** The host's facts, asked for once. */
  async gatherFacts(user: BecomeUser): Promise<FactsAnswer> {
    if (this.facts !== undefined) return this.facts;
    this.#gathering ??= this.request(user, { steps: [], queries: [FACTS] })
      .then(({ answers }) => (this.facts = answers.get<'facts'>({ kind: 'facts' })))
      .finally(() => (this.#gathering = undefined));
    return this.#gathering;
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

  /** Stop what is running on the host, at once. */
  kill(): void {
    for (const agent of this.#opened) agent.kill();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#opened.map((agent) => agent.close()));
    await this.#hangUp();
  }

  /** Aborted some seconds after the run is to end. */
  #soonAfter(): AbortSignal {
    const { signal } = this.#options;
    if (this.#soon) return this.#soon;
    const soon = new AbortController();
    const count = (): void => void setTimeout(() => soon.abort(), GRACE).unref();
    if (signal.aborted) count();
    else signal.addEventListener('abort', count, { once: true });
    return (this.#soon = soon.signal);
  }

  async #hangUp(): Promise<void> {
    await this.#connection?.then((connection) => connection.close()).catch(() => undefined);
  }

  /** What of a request's queries is known, and what has to be asked. A change is followed by asking, whatever was known. */
  #split(user: BecomeUser, request: AgentRequest): [Map<string, Answer>, readonly Query[]] {
    const known = new Map<string, Answer>();
    const remembered = asksOnly(request) ? this.#known?.get(user) : undefined;
    if (!remembered) return [known, request.queries];
    const unknown = request.queries.filter((query) => {
      const answer = remembered.get(queryKey(query));
      if (answer !== undefined) known.set(queryKey(query), answer);
      return answer === undefined;
    });
    return [known, unknown];
  }

  /**
   * Do what a request says, and then try to log in. Where it says nothing else the open connection is left alone: it may be
   * what was just cut off.
   */
  async #requestAndLogIn(
    logins: readonly LoginQuery[],
    user: BecomeUser,
    request: AgentRequest,
    options: RequestOptions,
  ): Promise<AgentResponse> {
    const { now, sleep, signal, trust } = this.#options;
    const { target } = this.#options.connection();
    const nothing: AgentResponse = { outputs: [], failed: undefined, answers: new Answers(new Map()) };
    const idle = asksOnly(request) && request.queries.length === 0;
    const response = idle ? nothing : await this.request(user, request, options);
    if (response.failed !== undefined) return response;
    const answers = new Map<string, Answer>(response.answers.entries());
    for (const query of logins)
      answers.set(queryKey(query), await tryLogin(query, { target, now, sleep, signal, trust }));
    return { ...response, answers: new Answers(answers) };
  }

  #noteLeftOver(response: AgentResponse, user: BecomeUser): void {
    for (const key of response.answers.get<'markers'>({ kind: 'markers' }).markers) {
      addTo(this.#leftOver, key, user);
      addTo(this.#marked, key, user);
    }
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
    const { prompt, trust, signal, onConnected, now } = this.#options;
    const settings = this.#options.connection();
    if (!this.#connection) {
      const began = now();
      this.#connection = connect(settings.target, { ...(prompt ? { prompt } : {}), trust, signal }).then(
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
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.#budget ??= createBudget(limits.bytes);
    const agent = await startAgent(connection, {
      host: this.host,
      limits,
      budget: this.#budget,
      signal,
      ...(user === undefined ? {} : { become: becomeOf(user, settings.becomePassword) }),
    });
    this.#opened.push(agent);
    return agent;
  }
}

function addTo(users: Map<string, Set<BecomeUser>>, key: string, user: BecomeUser): void {
  users.set(key, (users.get(key) ?? new Set()).add(user));
}

function dropFrom(users: Map<string, Set<BecomeUser>>, key: string, user: BecomeUser): void {
  users.get(key)?.delete(user);
  if (users.get(key)?.size === 0) users.delete(key);
}

function loginsIn(queries: readonly Query[]): [LoginQuery[], Query[]] {
  return [
    queries.filter((query) => query.kind === 'login'),
    queries.filter((query) => query.kind !== 'login'),
  ];
}

function withKnown(response: AgentResponse, known: ReadonlyMap<string, Answer>): AgentResponse {
  if (known.size === 0) return response;
  return { ...response, answers: new Answers(new Map([...known, ...response.answers.entries()])) };
}

/** A file that was refused: the host has taken its notes back. */
function leftAsItWas({ steps }: AgentRequest, { failed, outputs }: AgentResponse): boolean {
  return failed === 0 && steps[0]?.kind === 'write' && outputs[0]?.rc === 1;
}

function asksOnly({ steps, mark = [], clear = [] }: AgentRequest): boolean {
  return steps.length + mark.length + clear.length === 0;
}

/** Whether it runs no program of the task's choice. */
function isBrief({ steps }: AgentRequest): boolean {
  return steps.every(({ kind }) => kind !== 'run' && kind !== 'script');
}

function becomeOf(user: string, password: string | undefined): Become {
  const become = becomeParts(user)!;
  return password === undefined ? become : { ...become, password };
}
