import type { Readable, Writable } from 'node:stream';
import type { Secrets } from '../variables/secrets.js';

/** Files that a build of the program has made for itself, and can make again. The user's own: nobody else has written them. */
export interface Cache {
  read(name: string): Buffer | undefined;
  write(files: readonly (readonly [name: string, data: string | Buffer])[]): void;
}

/** What a verb may use of the process. Tests pass their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** left out: everything is made anew */
  readonly cache?: Cache | undefined;
  /** what must not be shown, as far as it is known by now */
  readonly secrets: Secrets;
  /** the arguments as typed */
  argv: readonly string[];
  /** set by the verb; 0 unless it says otherwise */
  exitCode: number;
  /** something that was to be shown or written could not be */
  outputLost?: boolean;
  /** aborted by the first Ctrl-C */
  readonly interrupted: AbortSignal;
  /** aborted by the second: nothing that runs is waited for */
  readonly killed: AbortSignal;
}
