import type { ProvisionError } from './errors.js';

/** The closed list of what a run can say. Reporters are fed by nothing else. Times are milliseconds since the run began. */
export type RunEvent =
  | {
      readonly type: 'run-start';
      readonly playbook: string;
      readonly inventory: string;
      readonly hosts: readonly string[];
      readonly check: boolean;
      /** of all hosts together, without handlers; what blocks and conditions leave out is counted */
      readonly tasks: number;
    }
  | { readonly type: 'play-start'; readonly play: string; readonly hosts: readonly string[] }
  | { readonly type: 'host-connected'; readonly host: string; readonly ms: number }
  | {
      readonly type: 'request';
      readonly host: string;
      readonly user?: string | undefined;
      readonly queries: number;
      readonly steps: number;
      /** bytes */
      readonly sent: number;
      readonly received: number;
      readonly ms: number;
    }
  | { readonly type: 'task-start'; readonly host: string; readonly task: TaskLabel }
  | {
      readonly type: 'task-result';
      readonly host: string;
      readonly task: TaskLabel;
      readonly result: TaskResult;
    }
  | {
      /** a task is done with, all items of its loop */
      readonly type: 'task-end';
      readonly host: string;
      readonly task: TaskLabel;
      readonly status: TaskStatus;
      readonly ms: number;
    }
  | {
      readonly type: 'output';
      readonly host: string;
      readonly task: TaskLabel;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    }
  | {
      /** a large file is on its way, once a second after the first */
      readonly type: 'sending';
      readonly host: string;
      readonly task: TaskLabel;
      /** where it goes on the host */
      readonly path: string;
      /** bytes that the link has taken, and all of them */
      readonly sent: number;
      readonly size: number;
      /** since the first byte */
      readonly ms: number;
    }
  | {
      readonly type: 'retry';
      readonly host: string;
      readonly task: TaskLabel;
      readonly attempt: number;
      readonly of: number;
    }
  | {
      readonly type: 'task-failed';
      readonly host: string;
      readonly task: TaskLabel;
      readonly error: ProvisionError;
      readonly fate: 'failed' | 'ignored' | 'rescued';
    }
  | { readonly type: 'host-unreachable'; readonly host: string; readonly error: ProvisionError }
  | { readonly type: 'warning'; readonly message: string; readonly host?: string | undefined }
  | { readonly type: 'verify-start'; readonly hosts: readonly string[] }
  | {
      readonly type: 'check-result';
      readonly host: string;
      readonly task: TaskLabel;
      readonly ok: boolean;
      readonly message: string;
      readonly attempts: number;
      readonly ms: number;
    }
  | {
      /** something on a host is not as the playbook says */
      readonly type: 'drift';
      readonly host: string;
      readonly task: TaskLabel;
      /** a file, a package, a unit */
      readonly subject: string;
      readonly changes: readonly ChangeView[];
      /** of a file: when it was last modified (ISO 8601, UTC) */
      readonly modified?: string | undefined;
      /** of a file: the last run that wrote it, and when */
      readonly written?: { readonly by: string; readonly at: string } | undefined;
    }
  | { readonly type: 'interrupted'; readonly left: readonly HostLeft[] }
  | { readonly type: 'run-end'; readonly recap: Recap };

export type TaskStatus = 'ok' | 'changed' | 'skipped' | 'may-change' | 'failed';

/** What an interrupted run left on a host. */
export interface HostLeft {
  readonly host: string;
  /** tasks that it did not come to, about: blocks and conditions are not foreseen */
  readonly tasks: number;
  /** the first of them */
  readonly next?: string | undefined;
  /** handlers that are due, and noted on the host */
  readonly handlers: readonly string[];
}

export interface TaskLabel {
  /** the task's name, or its module and subject when it has none */
  readonly name: string;
  readonly module: string;
  readonly role?: string | undefined;
  /** how an item of a loop is called */
  readonly item?: string | undefined;
  readonly handler?: boolean | undefined;
}

export interface TaskResult {
  readonly status: Exclude<TaskStatus, 'failed'>;
  readonly changes: readonly ChangeView[];
  /** for debug and the like */
  readonly message?: string | undefined;
  /** why it was skipped or may change */
  readonly reason?: string | undefined;
  readonly ms: number;
}

/** A change as reporters see it: strings only, secrets already taken out. */
export interface ChangeView {
  readonly subject: string;
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
  /** unified diff lines, for content */
  readonly diff?: readonly string[] | undefined;
  /** it is done each time, and no state that differs; left out: a state */
  readonly kind?: 'action' | undefined;
}

export interface HostRecap {
  readonly host: string;
  readonly ok: number;
  readonly changed: number;
  /** in a dry run: depends on a change that was not made */
  readonly mayChange: number;
  readonly failed: number;
  readonly skipped: number;
  readonly unreachable: boolean;
  readonly checksPassed: number;
  readonly checksFailed: number;
  readonly roundTrips: number;
  readonly ms: number;
}

export interface Recap {
  readonly hosts: readonly HostRecap[];
  readonly ms: number;
}

export type Emit = (event: RunEvent) => void;
