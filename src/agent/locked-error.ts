import { TaskError } from '../errors.js';

/** Somebody else works on the host. `holder` is what the other run says of itself. */
export class LockedError extends TaskError {
  readonly holder: string;

  constructor(host: string, holder: string) {
    super(`another run works on the host: ${holder || 'unknown'}`, {
      host,
      hint: 'wait for it; the lock goes with its process and cannot be left behind',
    });
    this.holder = holder;
  }
}
