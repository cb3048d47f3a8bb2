import type { CommandQuery } from '../../agent/query.js';
import { CURL, curlConfig } from '../../resources/curl.js';
import type { JsonSchema } from '../../schema.js';

/** A request as the checks take it. */
export interface RequestParams {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly host?: string;
  readonly body?: unknown;
  readonly timeout?: number;
  readonly follow_redirects?: boolean;
  readonly validate_certs?: boolean;
  readonly resolve?: string | readonly string[];
  readonly username?: string;
  readonly password?: string;
}

export const requestProperties: Readonly<Record<string, JsonSchema>> = {
  url: { type: 'string', minLength: 1, description: 'Where to.' },
  method: { type: 'string', pattern: '^[A-Za-z]+$', default: 'GET', description: 'The method.' },
  headers: {
    type: 'object',
    additionalProperties: { type: ['string', 'number', 'boolean'] },
    description: 'Headers to send.',
  },
  host: { type: 'string', minLength: 1, description: 'The Host header, instead of the one in the address.' },
  body: { description: 'The body: a text, or anything else to send as JSON.' },
};

export const exchangeProperties: Readonly<Record<string, JsonSchema>> = {
  timeout: { type: 'number', exclusiveMinimum: 0, default: 10, description: 'Seconds for one exchange.' },
  follow_redirects: { type: 'boolean', default: false, description: 'Whether redirects are followed.' },
  validate_certs: {
    type: 'boolean',
    default: true,
    description: "Whether the server's certificate must be good.",
  },
  resolve: {
    type: ['string', 'array'],
    items: { type: 'string' },
    description: 'HOST:PORT:ADDRESS entries that stand in for DNS.',
  },
  username: { type: 'string', description: 'Name for HTTP Basic.' },
  password: { type: 'string', writeOnly: true, description: 'Password for HTTP Basic.' },
};

/**
 * Ask with curl from the host. Equal queries are asked once: `number` keeps the requests of a sequence apart.
 */
export function requestQuery(params: RequestParams, number?: number): CommandQuery {
  const { body, username, host } = params;
  const timeout = params.timeout ?? 10;
  const json = body !== undefined && typeof body !== 'string';
  const headers = {
    ...(json ? { 'Content-Type': 'application/json' } : {}),
    ...(host === undefined ? {} : { Host: host }),
    ...Object.fromEntries(Object.entries(params.headers ?? {}).map(([name, value]) => [name, String(value)])),
  };
  const config = curlConfig({
    url: params.url,
    method: methodOf(params),
    headers,
    ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : body }),
    ...(username === undefined ? {} : { user: { name: username, password: params.password ?? '' } }),
    followRedirects: params.follow_redirects === true,
    validateCerts: params.validate_certs !== false,
    timeout,
    resolve: [params.resolve ?? []].flat(),
  });
  return {
    kind: 'command',
    argv: CURL,
    stdin: number === undefined ? config : `# request ${number}\n${config}`,
    timeout: timeout + 5,
  };
}

export function methodOf({ method }: RequestParams): string {
  return (method ?? 'GET').toUpperCase();
}
