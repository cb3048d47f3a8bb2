import { ProvisionError } from '../src/errors.js';

/** The benchmark cannot go on, or a contestant did not do what the case is about. */
export class BenchError extends ProvisionError {}
