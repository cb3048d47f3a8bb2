import { PendingValue } from '../template/scope.js';

/** A host's facts were read before it was asked. They come with its first request; whoever cannot go on gathers them. */
export class FactsPending extends PendingValue {
  readonly host: string;
  readonly gather: () => Promise<unknown>;

  constructor(host: string, gather: () => Promise<unknown>) {
    super(`the facts of ${host}`);
    this.host = host;
    this.gather = gather;
  }
}
