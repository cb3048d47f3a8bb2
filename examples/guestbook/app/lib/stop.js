import { Server } from 'node:net';
import { log } from './log.js';

/** Milliseconds in which a connection that a proxy keeps may still bring a request. */
const GRACE = 1000;

/**
 * Stop without dropping a request: take no more connections, answer what is in flight or still comes over a connection that
 * is there (with `Connection: close`), close the connections that stay idle, then leave the database.
 *
 * `begin` may be called again and gives the same promise: 'clean', or 'forced' when requests were still in flight after
 * `timeout` milliseconds and their connections were cut.
 */
export function createStop({ server, database, timeout }) {
  const controller = new AbortController();
  let stopped;

  return {
    signal: controller.signal,
    begin(reason) {
      stopped ??= stop(reason);
      return stopped;
    },
  };

  async function stop(reason) {
    log('info', 'stopping', { reason });
    controller.abort();
    let outcome = 'clean';
    // http's own close() cuts idle connections at once, some of them just as the next request is on its way.
    const closed = new Promise((resolve) => Server.prototype.close.call(server, resolve));
    const timers = [
      setTimeout(() => server.closeIdleConnections(), Math.min(GRACE, timeout)),
      setTimeout(() => {
        outcome = 'forced';
        server.closeAllConnections();
      }, timeout),
    ];
    await closed;
    for (const timer of timers) clearTimeout(timer);
    await database.close().catch((error) => log('error', 'cannot leave the database', { error }));
    log('info', 'stopped', { outcome });
    return outcome;
  }
}
