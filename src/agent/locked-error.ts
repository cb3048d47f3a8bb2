import { TaskError } from '../errors.js';

/** Another run works on the host. `holder` is what that run said of itself. */
export class LockedError extends TaskError {
  readonly holder: string;

  constructor(host: string, holder: string) {
    super(`another run holds the lock: ${holder === '' ? 'it does not say who' : holder}`, {
      host,
      hint: 'wait until that run has ended; the lock goes with its connection, there is nothing to remove',
    });
    this.holder = holder;
  }
}
