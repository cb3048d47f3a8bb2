import type { Answers, CommandQuery } from '../agent/query.js';
import { cut } from '../cut.js';
import { MissingPrerequisiteError, TaskError } from '../errors.js';
import { JsonRefused, parseForeignJson } from '../foreign-json.js';
import { CURL, type HttpRequest, type HttpResponse, curlConfig, curlFailure, parseResponse } from './curl.js';
import { resource } from './resource.js';

export interface UriParams {
  readonly url: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly body_format?: 'json' | 'form' | 'form-urlencoded' | 'raw';
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly status_code?: number | readonly number[];
  readonly return_content?: boolean;
  readonly timeout?: number;
  readonly validate_certs?: boolean;
  readonly unix_socket?: string;
  readonly follow_redirects?: boolean | 'all' | 'none' | 'safe' | 'yes' | 'no';
  readonly url_username?: string;
  readonly url_password?: string;
}

export const uri = resource<UriParams>({
  name: 'uri',
  summary: 'Send an HTTP request from the host (with curl).',
  freeForm: 'url',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: { type: 'string', pattern: '^https?://', description: 'Where to.' },
      method: {
        type: 'string',
        pattern: '^[A-Za-z]+$',
        default: 'GET',
        description: 'GET and HEAD only read: they run in a dry run too and never count as a change.',
      },
      body: { description: 'The body: a text, or what body_format makes one of.' },
      body_format: {
        type: 'string',
        enum: ['raw', 'json', 'form', 'form-urlencoded'],
        default: 'raw',
        description: 'How the body is written; json and form set Content-Type too.',
      },
      headers: {
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean'] },
        description: 'Headers to send.',
      },
      status_code: {
        type: ['integer', 'array'],
        items: { type: 'integer' },
        minItems: 1,
        default: 200,
        description: 'The status that is success, or a list of them.',
      },
      return_content: {
        type: 'boolean',
        default: false,
        description: 'Whether the result has the body as content.',
      },
      timeout: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 30,
        description: 'Seconds for the whole exchange.',
      },
      validate_certs: {
        type: 'boolean',
        default: true,
        description: "Whether the server's certificate must be good.",
      },
      unix_socket: {
        type: 'string',
        pattern: '^/',
        description: 'A socket to connect to instead of the address.',
      },
      follow_redirects: {
        type: ['boolean', 'string'],
        enum: [true, false, 'all', 'none', 'safe', 'yes', 'no'],
        default: 'safe',
        description: 'Which redirects are followed; safe: those of GET and HEAD.',
      },
      url_username: { type: 'string', description: 'Name for HTTP Basic.' },
      url_password: { type: 'string', writeOnly: true, description: 'Password for HTTP Basic.' },
    },
  },

  queries: (params) => (onlyReads(params) ? [requestQuery(params)] : []),

  plan(params, answers) {
    if (!onlyReads(params)) {
      const subject = `${methodOf(params)} ${params.url}`;
      requestOf(params);
      return [{ subject, field: 'request', before: null, after: 'sent', kind: 'action' }];
    }
    const response = readAnswer(params, answers);
    if (statusesOf(params).includes(response.status)) return [];
    throw new TaskError(
      `${methodOf(params)} ${params.url} answered ${response.status}, expected ${statusesOf(params).join(' or ')}`,
      {
        detail: firstLines(response.body),
        hint: 'the lines above are what the server sent; see also its log',
      },
    );
  },

  apply: (params) => [
    {
      kind: 'script',
      code: REQUEST,
      args: statusesOf(params).map(String),
      stdin: curlConfig(requestOf(params)),
    },
  ],

  refused(params, answers) {
    if (!onlyReads(params)) return {};
    const answer = answers.get<'command'>(requestQuery(params));
    return answeredFields(params, answer.rc === 0 ? answer.stdout : '');
  },

  result(params, answers, outputs) {
    const output = outputs[0];
    if (output) return answeredFields(params, output.stdout);
    return onlyReads(params) ? fieldsOf(params, readAnswer(params, answers)) : {};
  },
});

// The status is the first field of the last line; a status that was not expected fails the step with the answer shown.
const REQUEST = `answer=$(curl -q -K -) || exit
printf '%s' "$answer"
last=\${answer##*
}
for status in "$@"; do
  if [ "\${last%% *}" = "$status" ]; then exit 0; fi
done
printf 'the server answered %s, expected %s:\\n%s\\n' "\${last%% *}" "$*" "\${answer%?"$last"}" >&2
exit 22`;

function onlyReads(params: UriParams): boolean {
  return ['GET', 'HEAD'].includes(methodOf(params));
}

function requestQuery(params: UriParams): CommandQuery {
  const request = requestOf(params);
  return { kind: 'command', argv: CURL, stdin: curlConfig(request), timeout: request.timeout + 5 };
}

function readAnswer(params: UriParams, answers: Answers): HttpResponse {
  const answer = answers.get<'command'>(requestQuery(params));
  const response = answer.rc === 0 ? parseResponse(answer.stdout) : undefined;
  if (response) return response;
  if (answer.rc === 127) {
    throw new MissingPrerequisiteError('curl is not installed', {
      hint: 'install the package curl before this task',
    });
  }
  // 6 and 7: no such name, nobody listens. In a dry run the service may be one that the run would have brought.
  const Failure = answer.rc === 6 || answer.rc === 7 ? MissingPrerequisiteError : TaskError;
  throw new Failure(`${methodOf(params)} ${params.url} got no answer: ${curlFailure(answer)}`, {
    hint: 'is the service running and reachable from this host? try the address with curl there',
  });
}

function requestOf(params: UriParams): HttpRequest {
  const { url_username: name, url_password: password, unix_socket: unixSocket } = params;
  if (name?.includes(':')) {
    throw new TaskError('url_username holds a colon, which HTTP Basic cannot carry', {
      hint: 'use another name',
    });
  }
  const method = methodOf(params);
  const { text, type } = bodyOf(params);
  const given = Object.entries(params.headers ?? {}).map(([key, value]) => [key, String(value)] as const);
  const typed = given.some(([key]) => key.toLowerCase() === 'content-type');
  const headers = Object.fromEntries([
    ...(type !== undefined && !typed ? [['Content-Type', type] as const] : []),
    ...given,
  ]);
  return {
    url: params.url,
    method,
    headers,
    ...(text === undefined ? {} : { body: text }),
    ...(name === undefined ? {} : { user: { name, password: password ?? '' } }),
    followRedirects: followsRedirects(params, method),
    validateCerts: params.validate_certs !== false,
    timeout: params.timeout ?? 30,
    ...(unixSocket === undefined ? {} : { unixSocket }),
  };
}

function bodyOf({ body, body_format: format }: UriParams): { text?: string; type?: string } {
  if (body === undefined) return {};
  switch (format) {
    case 'json':
      return { text: typeof body === 'string' ? body : JSON.stringify(body), type: 'application/json' };
    case 'form':
    case 'form-urlencoded': {
      const type = 'application/x-www-form-urlencoded';
      if (typeof body === 'string') return { text: body, type };
      if (typeof body !== 'object' || body === null || Array.isArray(body)) {
        throw new TaskError('the body of a form must be an object or a text', {
          hint: 'write body: {name: value}',
        });
      }
      const pairs = Object.entries(body).flatMap(([key, value]) =>
        [value].flat().map((one: unknown): [string, string] => [key, String(one)]),
      );
      return { text: new URLSearchParams(pairs).toString(), type };
    }
    default:
      return { text: typeof body === 'string' ? body : JSON.stringify(body) };
  }
}

function followsRedirects({ follow_redirects: follow }: UriParams, method: string): boolean {
  if (follow === true || follow === 'all' || follow === 'yes') return true;
  if (follow === false || follow === 'none' || follow === 'no') return false;
  return method === 'GET' || method === 'HEAD';
}

/** What a result says of itself: no header of a server says it in its place. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'ansible_facts',
  'changed',
  'failed',
  'skipped',
  'results',
  'rc',
  'stdout',
  'stderr',
  'stdout_lines',
  'stderr_lines',
  'json',
  'content',
]);

/** As in Ansible, a server that gave no answer has the status -1. */
const NO_ANSWER = { status: -1 };

/** What is known of an answer, whatever its status: the fields of a result, or that there was none. */
function answeredFields(params: UriParams, stdout: string): Record<string, unknown> {
  const response = stdout === '' ? undefined : parseResponse(stdout);
  if (!response) return { ...NO_ANSWER, url: params.url };
  try {
    return fieldsOf(params, response);
  } catch (error) {
    // Its JSON is too large to be read: that was refused, and the rest is known.
    if (error instanceof TaskError) return { status: response.status, url: response.url };
    throw error;
  }
}

function fieldsOf(params: UriParams, response: HttpResponse | undefined): Record<string, unknown> {
  if (!response) return {};
  const headers = [...response.headers]
    .map(([name, value]) => [name.replaceAll('-', '_'), value] as const)
    .filter(([name]) => !OWN_FIELDS.has(name));
  const json = /\bjson\b/i.test(response.headers.get('content-type') ?? '')
    ? parseJson(response.body, params)
    : undefined;
  return {
    ...Object.fromEntries(headers),
    status: response.status,
    url: response.url,
    redirected: response.url !== params.url,
    elapsed: response.elapsed,
    msg: `${response.status} (${Buffer.byteLength(response.body)} bytes)`,
    ...(params.return_content === true ? { content: response.body } : {}),
    ...(json === undefined ? {} : { json }),
  };
}

/** Undefined where it is no JSON. @throws TaskError where it is too large or too deep to be read */
function parseJson(text: string, { url }: UriParams): unknown {
  try {
    return parseForeignJson(text);
  } catch (error) {
    if (!(error instanceof JsonRefused)) return undefined;
    throw new TaskError(`${url} answered ${error.message}`, { hint: 'no more is read than that' });
  }
}

function methodOf({ method }: UriParams): string {
  return (method ?? 'GET').toUpperCase();
}

function statusesOf({ status_code: status }: UriParams): readonly number[] {
  return [status ?? 200].flat();
}

function firstLines(body: string): string[] {
  return body
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(0, 5)
    .map((line) => cut(line, 200));
}
