import type { ProvisionError } from './errors.js';

/** The closed list of what a run can say. Reporters are fed by nothing else. Times are milliseconds since the run began. */
export type RunEvent =
  | {
      readonly type: 'run-start';
      readonly playbook: string;
      readonly inventory: string;
      readonly hosts: readonly string[];
      readonly check: boolean;
    }
  | { readonly type: 'play-start'; readonly play: string; readonly hosts: readonly string[] }
  | { readonly type: 'host-connected'; readonly host: string; readonly ms: number }
  | { readonly type: 'task-start'; readonly host: string; readonly task: TaskLabel }
  | {
      readonly type: 'task-result';
      readonly host: string;
      readonly task: TaskLabel;
      readonly result: TaskResult;
    }
  | {
      readonly type: 'output';
      readonly host: string;
      readonly task: TaskLabel;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
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
  | { readonly type: 'run-end'; readonly recap: Recap };

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
  readonly status: 'ok' | 'changed' | 'skipped' | 'may-change';
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
}

export interface HostRecap {
  readonly host: string;
  readonly ok: number;
  readonly changed: number;
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
