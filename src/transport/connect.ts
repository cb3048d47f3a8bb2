import type { Connection } from './connection.js';
import type { Target } from './target.js';

export interface ConnectOptions {
  /** asks for the passphrase of an encrypted key; the same question is to be answered alike */
  readonly prompt?: (question: string) => Promise<string>;
  readonly signal?: AbortSignal;
}

/** Log in. @throws UnreachableError that says why not, in plain words */
export function connect(_target: Target, _options: ConnectOptions = {}): Promise<Connection> {
  return Promise.reject(new Error('being written'));
}
