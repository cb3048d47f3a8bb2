/**
 * What can be done on a host. Steps are data: steps.ts compiles them to sh and is the only place that quotes.
 * The steps of one task run in order; the first that fails ends the task.
 */
export type Step = RunStep | ScriptStep | WriteStep | LinkStep;

interface RunOptions {
  /** bytes for standard input; never in argv, environment or a file */
  readonly stdin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** exit codes that are success (default 0) */
  readonly ok?: readonly number[];
  /** goes on to its end when the controller or the link dies (dpkg and the like) */
  readonly uninterruptible?: boolean;
}
/** Run a program with exactly these arguments. No shell sees them. */
export interface RunStep extends RunOptions {
  readonly kind: 'run';
  readonly argv: readonly string[];
}
/** POSIX sh with positional parameters. `shell` names another interpreter (`/bin/bash`); it reads the code on stdin then. */
export interface ScriptStep extends RunOptions {
  readonly kind: 'script';
  readonly code: string;
  readonly args?: readonly string[];
  readonly shell?: string;
}
/**
 * Put a whole file in place: a temporary file in the same folder, fsync, validate, rename, fsync of the folder. A link is
 * replaced, not followed.
 * `mode`, `owner` and `group` left out: those of the file that is there, else 0644 and the agent's user.
 */
export interface WriteStep {
  readonly kind: 'write';
  readonly path: string;
  readonly content: Buffer;
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
  /** argv of a check that must exit 0; `%s` in it is the temporary file */
  readonly validate?: readonly string[];
  /** keep the previous file beside it as PATH.YYYYMMDDTHHMMSS~ */
  readonly backup?: boolean;
}
/** Make `path` a symbolic link to `target`, atomically, in place of a link or file. */
export interface LinkStep {
  readonly kind: 'link';
  readonly path: string;
  readonly target: string;
}

/** What a step left behind. Output is cut to the agent's cap: head and tail kept, the cut announced. */
export interface StepOutput {
  readonly rc: number;
  /** the signal that ended it, when one did (`SIGKILL`) */
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}
