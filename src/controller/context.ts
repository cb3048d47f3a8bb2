import type { Answers, Query } from '../agent/query.js';
import type { TaskError } from '../errors.js';
import type { Emit } from '../events.js';
import type { Play, Task } from '../playbook/model.js';
import type { Secrets } from '../variables/secrets.js';
import type { Notified } from './handlers.js';
import type { HostValues } from './host-values.js';
import type { Preparation } from './prepare.js';
import type { RunOnce } from './run-once.js';
import type { BecomeUser, Session } from './session.js';
import type { Place, PreparedTask, Unit, UnitChange } from './unit.js';

/** One host in one play: what its task loop works with. */
export interface HostContext {
  readonly host: string;
  readonly preparation: Preparation;
  /** prepare a task, unless that was done ahead of its turn. @throws PendingValue, ConfigurationError */
  readonly prepare: (task: Task) => Promise<PreparedTask>;
  readonly values: HostValues;
  /** what later plays will ask of the host; the second time nothing. Nobody settles these units */
  readonly foresee: () => Promise<readonly Unit[]>;
  readonly notified: Notified;
  /** in a dry run: handlers whose notifier may change something */
  readonly maybeNotified: Notified;
  /** handlers of an earlier run that a dry run has dealt with */
  readonly dealtWith: Set<string>;
  /** handlers of which a task that notifies them has had its turn in this run, by key */
  readonly reached: Set<string>;
  /** tasks of the play that have had their turn */
  readonly finished: Set<Task>;
  /** the plays of the host behind this one */
  readonly later: readonly Play[];
  readonly progress: Progress;
  readonly play: Play;
  readonly handlers: readonly Task[];
  readonly runOnce: RunOnce;
  /** wait for other hosts, and let one of them work meanwhile */
  readonly aside: <T>(awaited: Promise<T>) => Promise<T>;
  /** the host is certain to be asked, as a user */
  readonly begin: (user: string | undefined) => void;
  /** the host's own session, or that of one it delegates to */
  readonly sessionOf: (host: string) => Session;
  /** the user that the play's tasks run as where they say nothing: facts and markers are its */
  readonly user: string | undefined;
  /** who notes on the host that a handler is due: only what that user has noted counts for it */
  readonly noterOf: (handler: Task) => BecomeUser;
  readonly emit: Emit;
  readonly secrets: Secrets;
  readonly tally: Tally;
  /** told of each unit that differs before anything is done about it; what it returns refuses that */
  readonly onChange: (change: UnitChange) => TaskError | undefined;
  /** in a dry run: told what a place has answered to a unit */
  readonly onAnswered: ((place: Place, queries: readonly Query[], answers: Answers) => void) | undefined;
  /** told before anything is done, or waited for, on any host: what was said before may not hold any more */
  readonly forget: () => void;
  /** dry run */
  readonly check: boolean;
  readonly interrupted: AbortSignal;
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
}

/** How far a host is, for whoever interrupts the run. */
export interface Progress {
  /** tasks that are done with, without handlers */
  done: number;
  /** the task before which it was interrupted */
  next: string | undefined;
}

/** What a host's recap counts. */
export interface Tally {
  ok: number;
  changed: number;
  /** in a dry run: depends on a change that was not made */
  mayChange: number;
  failed: number;
  skipped: number;
  checksPassed: number;
  checksFailed: number;
}
