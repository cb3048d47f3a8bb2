import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * What the application must know, from the environment. The database's password comes from a file: an environment can be
 * read in /proc, and process managers store it.
 *
 * @throws Error that names the variable
 */
export function readConfig(env) {
  return {
    bind: env.BIND ?? '127.0.0.1',
    port: integer(env, 'PORT', { fallback: 3000, min: 0, max: 65535 }),
    /** name of this server, told with every answer; the database keeps 64 characters */
    instance: (env.INSTANCE ?? hostname()).slice(0, 64),
    /** number of the process on this host, as PM2 counts them */
    worker: env.NODE_APP_INSTANCE ?? '0',
    version: env.APP_VERSION ?? 'unknown',
    /** addresses and ranges whose X-Forwarded-For is believed */
    trustedProxies: list(env.TRUSTED_PROXIES ?? ''),
    /** milliseconds for requests in flight once the process shall stop; shorter than whoever kills it waits */
    stopTimeout: integer(env, 'STOP_TIMEOUT', { fallback: 8000, min: 0, max: 600_000 }),
    database: {
      host: env.DB_HOST ?? '127.0.0.1',
      port: integer(env, 'DB_PORT', { fallback: 3306, min: 1, max: 65535 }),
      database: env.DB_NAME ?? 'guestbook',
      user: env.DB_USER ?? 'guestbook',
      password: env.DB_PASSWORD_FILE === undefined ? '' : secret(env.DB_PASSWORD_FILE),
      /** connections of this process */
      poolSize: integer(env, 'DB_POOL_SIZE', { fallback: 5, min: 1, max: 1000 }),
    },
  };
}

function integer(env, name, { fallback, min, max }) {
  const text = env[name] ?? '';
  if (text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} must be a whole number from ${min} to ${max}, not "${text}"`);
}

function list(text) {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function secret(file) {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`DB_PASSWORD_FILE cannot be read: ${error.message}`, { cause: error });
  }
}
