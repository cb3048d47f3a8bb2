import type { Readable, Writable } from 'node:stream';

/** A logged-in host. */
export interface Connection {
  /** Start a command through the login shell. */
  exec(command: string): Promise<Channel>;
  close(): void;
  /** Settles when the connection is gone; with an error when it was lost. */
  readonly closed: Promise<Error | undefined>;
}

export interface Channel {
  readonly stdin: Writable;
  /** Resolves when little of what was written is still in this process. Left out: `stdin` calls back no earlier. */
  readonly flushed?: () => Promise<void>;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** how the remote command ended; `signal` when one killed it */
  readonly exit: Promise<{ readonly code: number | null; readonly signal?: string }>;
  /** kill the remote command itself, as far as the login user may, and close */
  kill(): void;
  close(): void;
}
