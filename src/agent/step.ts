import type { Content } from './content.js';

/**
 * What can be done on a host. Steps are data: steps.ts compiles them to sh and is the only place that quotes.
 * The steps of one task run in order; the first that fails ends the task.
 */
export type Step =
  | RunStep
  | ScriptStep
  | WriteStep
  | CopyStep
  | LinkStep
  | FoldersStep
  | AttributesStep
  | RecurseStep
  | RemoveStep
  | TouchStep;

/**
 * A path whose owner decides with which rights something is done: the first user on the way, if it is not root's alone.
 * `entry`: what has that name itself; `follow`: what a link there leads to; `inside`: what is below it; `code`: as `follow`, and whose
 * what is there is, or who may write it, counts as well: it is believed.
 */
export interface Place {
  readonly path: string;
  readonly how: 'entry' | 'follow' | 'inside' | 'code';
}

/**
 * All places that have a say in what a program does. The first one decides with whose rights it runs; where that is root, all others have
 * to be root's too, or nothing is begun. So it is where others may exchange what is there.
 */
export type Places = readonly [Place, ...Place[]];

interface RunOptions {
  /** bytes for standard input; never in argv, environment or a file */
  readonly stdin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** exit codes that are success (default 0) */
  readonly ok?: readonly number[];
  /** done with the rights that these places ask for: never as root in a user's folder */
  readonly at?: Places;
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
  /** what it does, for messages; left out: its arguments */
  readonly does?: string;
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
  readonly content: Content;
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
  /** argv of a check that must exit 0; `%s` in it is the temporary file */
  readonly validate?: readonly string[];
  /** keep the previous file beside it as PATH.YYYYMMDDTHHMMSS~ */
  readonly backup?: boolean;
}
/** As a write step, with the content of another file of the host, `from`. Each is done with the rights that its own path asks for. */
export interface CopyStep extends Omit<WriteStep, 'kind' | 'content'> {
  readonly kind: 'copy';
  readonly from: string;
}
/** Make folders, outermost first, all with these attributes. `owner` and `group` left out: of whoever makes them. */
export interface FoldersStep {
  readonly kind: 'folders';
  readonly paths: readonly string[];
  readonly mode: number;
  readonly owner?: string;
  readonly group?: string;
}
/** The attributes of what is there. `follow`: where it is a link, of what that leads to; else of the link itself. */
export interface AttributesStep {
  readonly kind: 'attributes';
  readonly path: string;
  /** chown's first argument */
  readonly owner?: string;
  /** chmod's first argument */
  readonly mode?: string;
  readonly follow: boolean;
}
/** The attributes of all below a folder. */
export interface RecurseStep {
  readonly kind: 'recurse';
  readonly path: string;
  readonly owner?: string;
  readonly mode?: string;
}
/** Take away what is there: with all below it, or only an empty folder, or only a file. */
export interface RemoveStep {
  readonly kind: 'remove';
  readonly path: string;
  readonly what: 'tree' | 'folder' | 'file';
}
/** Set times to now; without both flags a file that is not there is made, with these attributes. */
export interface TouchStep {
  readonly kind: 'touch';
  readonly path: string;
  readonly follow: boolean;
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
  readonly access: boolean;
  readonly modification: boolean;
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
