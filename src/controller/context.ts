import type { Emit } from '../events.js';
import type { Task } from '../playbook/model.js';
import type { Secrets } from '../variables/secrets.js';
import type { Notified } from './handlers.js';
import type { HostValues } from './host-values.js';
import type { Preparation } from './prepare.js';
import type { RunOnce } from './run-once.js';
import type { Session } from './session.js';

/** One host in one play: what its task loop works with. */
export interface HostContext {
  readonly host: string;
  readonly preparation: Preparation;
  readonly values: HostValues;
  readonly notified: Notified;
  readonly handlers: readonly Task[];
  readonly runOnce: RunOnce;
  /** the host's own session, or that of one it delegates to */
  readonly sessionOf: (host: string) => Session;
  /** the user that the play's tasks run as where they say nothing: facts and markers are its */
  readonly user: string | undefined;
  readonly emit: Emit;
  readonly secrets: Secrets;
  readonly tally: Tally;
  /** dry run */
  readonly check: boolean;
  readonly interrupted: AbortSignal;
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
}

/** What a host's recap counts. */
export interface Tally {
  ok: number;
  changed: number;
  failed: number;
  skipped: number;
  checksPassed: number;
  checksFailed: number;
}
