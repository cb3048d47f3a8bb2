import { ProvisionError } from '../errors.js';

/** What was asked is not waited for any more: the user wants the run to end. */
export class StoppedError extends ProvisionError {
  constructor(host: string) {
    super('stopped', { host });
  }
}
