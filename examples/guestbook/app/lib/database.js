import { createPool } from 'mysql2/promise';
import { HttpError } from './http-error.js';

/** A load balancer's check waits two seconds: the answer has to be there before. */
const PING_TIMEOUT = 1500;
const QUERY_TIMEOUT = 5000;
const PROBE_LIFETIME = 'INTERVAL 1 HOUR';
const COLUMNS = 'id, name, message, instance, created_at';

/** The entries in MariaDB or MySQL. Opening connects to nothing yet, so the process starts while the database is down. */
export function openDatabase({ database: { poolSize, ...connection } }) {
  const pool = createPool({
    ...connection,
    charset: 'utf8mb4',
    timezone: 'Z',
    connectionLimit: poolSize,
    // A request that would wait behind so many others is better refused at once.
    queueLimit: poolSize * 20,
    connectTimeout: 3000,
    idleTimeout: 60_000,
    enableKeepAlive: true,
  });

  const run = async (sql, values, timeout = QUERY_TIMEOUT) => {
    try {
      const [result] = await withDeadline(pool.query({ sql, values, timeout }), timeout);
      return result;
    } catch (error) {
      // The server has answered and refused: that is a mistake of ours, not an outage.
      if (error.sqlState !== undefined && !error.fatal) throw error;
      throw unavailable(error);
    }
  };

  return {
    /** Whether a query can be answered: the login, the schema and the right to read it. */
    async ping() {
      try {
        await run('SELECT 1 FROM entries LIMIT 1', [], PING_TIMEOUT);
      } catch (error) {
        throw error instanceof HttpError ? error : unavailable(error);
      }
    },

    /** The latest entries, newest first. */
    list: (limit) =>
      run(`SELECT ${COLUMNS} FROM entries WHERE probe IS NULL ORDER BY id DESC LIMIT ?`, [limit]),

    /** One entry, or undefined. `probe` is the hash of its token. */
    async find(id) {
      const [entry] = await run(`SELECT ${COLUMNS}, probe FROM entries WHERE id = ?`, [id]);
      return entry;
    },

    /** The entry as it was stored. */
    async insert({ name, message, instance, probe }) {
      const created_at = new Date();
      const values = [name, message, instance, created_at, probe ?? null];
      const { insertId } = await run(
        'INSERT INTO entries (name, message, instance, created_at, probe) VALUES (?, ?, ?, ?, ?)',
        values,
      );
      return { id: insertId, name, message, instance, created_at };
    },

    /** Whether there was such a probe. */
    async deleteProbe(id, probe) {
      const { affectedRows } = await run('DELETE FROM entries WHERE id = ? AND probe = ?', [id, probe]);
      return affectedRows > 0;
    },

    /** Probes that nobody has cleaned up. */
    deleteOldProbes: () =>
      run(
        `DELETE FROM entries WHERE probe IS NOT NULL AND created_at < UTC_TIMESTAMP() - ${PROBE_LIFETIME}`,
        [],
      ),

    close: () => pool.end(),
  };
}

/** A pool waits for a free connection without a limit of its own. */
async function withDeadline(promise, ms) {
  let timer;
  const deadline = new Promise((_resolve, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error(`no answer in ${ms} ms`), { code: 'DEADLINE' })),
      ms,
    );
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
    // When the deadline came first, nobody else is there to take the other's failure.
    promise.catch(() => undefined);
  }
}

/** The message is for everybody and so says nothing of hosts, users or SQL; the cause is for the log. */
function unavailable(cause) {
  return new HttpError(503, 'The database does not answer. Please try again in a moment.', {
    headers: { 'Retry-After': '5' },
    cause,
  });
}
