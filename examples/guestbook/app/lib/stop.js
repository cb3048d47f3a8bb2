import { log } from './log.js';

/**
 * Stop without dropping a request: take no more connections, close the idle ones, let requests in flight be answered (with
 * `Connection: close`), then leave the database.
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
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const timer = setTimeout(() => {
      outcome = 'forced';
      server.closeAllConnections();
    }, timeout);
    await closed;
    clearTimeout(timer);
    await database.close().catch((error) => log('error', 'cannot leave the database', { error }));
    log('info', 'stopped', { outcome });
    return outcome;
  }
}
