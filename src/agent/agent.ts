import type { Connection } from '../transport/connection.js';
import type { AgentRequest, AgentResponse, RequestOptions } from './request.js';

export type { AgentRequest, AgentResponse, Marker, RequestOptions } from './request.js';
export { LockedError } from './locked-error.js';

export interface AgentOptions {
  /** the inventory's name, for messages */
  readonly host: string;
  /** another user, by sudo */
  readonly become?: { readonly user: string; readonly password?: string };
  /** the shell that runs the agent, words separated by blanks (default `sh`) */
  readonly shell?: string;
}

/** A program on a host that answers requests until it is closed. */
export interface Agent {
  /**
   * Run a request. Requests are answered in the order in which they are made.
   * @throws LockedError, TaskError (timed out, stopped, become refused), UnreachableError (the link was lost)
   */
  request(request: AgentRequest, options?: RequestOptions): Promise<AgentResponse>;
  /** Stop what runs on the host, at once; its request is refused. */
  kill(): void;
  /** Let it end. Resolves when it is gone. */
  close(): Promise<void>;
  readonly counters: AgentCounters;
}

export interface AgentCounters {
  readonly roundTrips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Start the agent over one channel. Nothing is waited for: that it could not start is told by the first request. */
export function startAgent(_connection: Connection, _options: AgentOptions): Promise<Agent> {
  return Promise.reject(new Error('being written'));
}
