import { HttpError } from './http-error.js';
import { log } from './log.js';
import { createRoutes } from './routes.js';

/** The listener for a server's requests. `stopping` is a signal: once it is aborted, answers end their connections. */
export function createHandler({ config, database, stopping }) {
  const routes = createRoutes({ config, database });

  return async (request, response) => {
    const { status, body, headers } = await answer(routes, request);
    response.statusCode = status;
    response.setHeader('X-Served-By', config.instance);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    if (stopping.aborted) response.setHeader('Connection', 'close');
    if (body === undefined) {
      response.end();
      return;
    }
    const content = Buffer.from(`${JSON.stringify(body)}\n`);
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Content-Length', content.length);
    response.end(request.method === 'HEAD' ? undefined : content);
  };
}

async function answer(routes, request) {
  try {
    const { route, match } = find(routes, request.url ?? '/');
    return await methodOf(route, request.method)(request, match);
  } catch (error) {
    return explain(error, request);
  }
}

function find(routes, url) {
  const path = url.split('?')[0];
  for (const route of routes) {
    const found = route.path.exec(path);
    if (found) return { route, match: found.groups ?? {} };
  }
  throw new HttpError(404, 'There is nothing here.');
}

function methodOf(route, method) {
  const run = route[method === 'HEAD' ? 'GET' : method];
  if (typeof run === 'function') return run;
  const methods = Object.keys(route).filter((key) => key !== 'path');
  const allowed = methods.includes('GET') ? ['HEAD', ...methods] : methods;
  throw new HttpError(405, `Only ${allowed.join(', ')} here.`, { headers: { Allow: allowed.join(', ') } });
}

function explain(error, request) {
  if (error instanceof HttpError) {
    if (error.status >= 500 && error.cause) logFailure(error.cause, request);
    return { status: error.status, body: { error: error.message }, headers: error.headers };
  }
  // The client went away in the middle of its request: there is nobody to tell.
  if (!request.destroyed) logFailure(error, request);
  return { status: 500, body: { error: 'Something went wrong here.' } };
}

function logFailure(error, request) {
  log('error', 'request failed', {
    error,
    method: request.method,
    path: request.url,
    request: request.headers['x-request-id'],
  });
}
