import type { Query } from './query.js';

/** How much of a controller's time and memory a host may take with what it is asked. What a task's steps take is the task's own limit. */
export interface HostLimits {
  /** seconds for the answers of one request, beside what its queries may take by themselves */
  readonly timeout: number;
  /** seconds without a byte, beside what the slowest query may take by itself; and until the agent has said its first word */
  readonly idle: number;
  /** bytes of answers that are under way at a time, whatever users are asked */
  readonly bytes: number;
}

export const DEFAULT_LIMITS: HostLimits = { timeout: 60, idle: 30, bytes: 64 * 1024 * 1024 };

/** Seconds that a program may take where nothing says so. */
export const PROGRAM_TIMEOUT = 30;
/** Seconds from SIGTERM to SIGKILL. */
const KILL_AFTER = 5;
/** Bytes that even a slow disk reads in a second. */
const SLOWEST_DISK = 5_000_000;

/** Seconds that the sum of a file of so many bytes may take. */
export function sumWithin(size: number): number {
  return 10 + Math.ceil(size / SLOWEST_DISK);
}

/** Seconds that a client of a database may take, for all statements together. */
export const SQL_TIMEOUT = 60;

/** The limits of one request's answers, in seconds. Its queries are answered one after the other. */
export function limitsOf(
  queries: readonly Query[],
  { timeout, idle }: HostLimits,
): { readonly timeout: number; readonly idle: number } {
  const databases = new Set(queries.flatMap((query) => (query.kind === 'sql' ? [query.database] : [])));
  const own = [...queries.map(ownLimit), ...[...databases].map(() => SQL_TIMEOUT + KILL_AFTER)];
  return {
    timeout: timeout + own.reduce((sum, one) => sum + one, 0),
    idle: idle + own.reduce((most, one) => Math.max(most, one), 0),
  };
}

function ownLimit(query: Query): number {
  if (query.kind === 'sum') return sumWithin(query.size) + KILL_AFTER;
  if (query.kind !== 'command' && query.kind !== 'script') return 0;
  return (query.timeout ?? PROGRAM_TIMEOUT) + KILL_AFTER;
}

/** What the agents of one host have under way together. */
export interface Budget {
  /** @returns whether it is still within the limit */
  take(bytes: number): boolean;
  give(bytes: number): void;
  readonly most: number;
}

export function createBudget(most: number): Budget {
  let taken = 0;
  return {
    most,
    take: (bytes) => (taken += bytes) <= most,
    give: (bytes) => void (taken -= bytes),
  };
}
