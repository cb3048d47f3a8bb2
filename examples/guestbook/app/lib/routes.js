import { hostname } from 'node:os';
import { clientAddress } from './client-address.js';
import { readEntry } from './entry.js';
import { HttpError } from './http-error.js';
import { hashProbe, newProbe } from './probe.js';
import { readJson } from './read-json.js';

const LATEST = 50;

/**
 * The application's answers: for each path what each method does.
 *
 * A route is (request, match) => {status, body, headers}; `match` holds the groups of the path.
 */
export function createRoutes({ config, database }) {
  const { instance, version, worker } = config;
  const clientOf = clientAddress(config.trustedProxies);

  return [
    {
      path: /^\/api\/entries$/,
      async GET() {
        return { status: 200, body: { entries: await database.list(LATEST) } };
      },
      async POST(request) {
        const entry = readEntry(await readJson(request));
        const wanted = request.headers['x-probe'];
        if (wanted !== undefined && wanted !== 'create')
          throw new HttpError(400, 'X-Probe must be "create" here.');
        const probe = wanted === undefined ? undefined : newProbe();
        if (probe) await database.deleteOldProbes();
        const stored = await database.insert({ ...entry, instance, probe: probe?.hash });
        return {
          status: 201,
          body: { ...stored, ...(probe ? { probe: probe.token } : {}) },
          headers: { Location: `/api/entries/${stored.id}` },
        };
      },
    },
    {
      path: /^\/api\/entries\/(?<id>[1-9]\d{0,14})$/,
      async GET(_request, { id }) {
        const { probe: _, ...entry } = await existing(database, Number(id));
        return { status: 200, body: entry };
      },
      async DELETE(request, { id }) {
        const entry = await existing(database, Number(id));
        const token = request.headers['x-probe'];
        const deleted =
          entry.probe !== null &&
          typeof token === 'string' &&
          (await database.deleteProbe(Number(id), hashProbe(token)));
        if (!deleted) throw new HttpError(403, 'Only a probe can be deleted, with its token in X-Probe.');
        return { status: 204 };
      },
    },
    {
      path: /^\/api\/whoami$/,
      GET(request) {
        return {
          status: 200,
          body: { instance, worker, host: hostname(), version, client: clientOf(request) },
        };
      },
    },
    {
      // Is the process alive? Nothing else: a restart does not mend a database.
      path: /^\/healthz$/,
      GET() {
        return {
          status: 200,
          body: { status: 'ok', instance, worker, version, uptime: Math.floor(process.uptime()) },
        };
      },
    },
    {
      // Can it do its work? Load balancers ask this one.
      path: /^\/readyz$/,
      async GET() {
        await database.ping();
        return { status: 200, body: { status: 'ready', instance, worker, version, database: 'ok' } };
      },
    },
  ];
}

async function existing(database, id) {
  const entry = await database.find(id);
  if (entry === undefined) throw new HttpError(404, 'There is no such entry.');
  return entry;
}
