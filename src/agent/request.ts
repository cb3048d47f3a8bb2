import type { Answers, Query } from './query.js';
import type { Step, StepOutput } from './step.js';

/** What travels to the host at once. The order on the host: lock, marks, steps, clear, queries. */
export interface AgentRequest {
  /** take the host's lock first and keep it while the agent lives; refused: LockedError */
  readonly lock?: { readonly holder: string };
  /** handlers that are pending from now on: on disk before the first step runs */
  readonly mark?: readonly Marker[];
  readonly steps: readonly Step[];
  /** names of markers to remove once the steps have succeeded */
  readonly clear?: readonly string[];
  readonly queries: readonly Query[];
}

/** A handler that has to run, even if this run does not come to it. */
export interface Marker {
  readonly name: string;
  readonly text: string;
}

export interface AgentResponse {
  /** one for each step that ran, the failed one included */
  readonly outputs: readonly StepOutput[];
  /** the index of the step that failed; later steps and the queries did not run */
  readonly failed?: number;
  readonly answers: Answers;
}

export interface RequestOptions {
  /** each whole line as it comes; `part` is the index of the step */
  readonly onLine?: (part: number, stream: 'stdout' | 'stderr', line: string) => void;
  /** seconds until what runs is stopped */
  readonly timeout?: number;
  /** seconds without a byte of output until what runs is stopped */
  readonly idle?: number;
  /** stops what runs */
  readonly signal?: AbortSignal;
}
