import type { Answers, ScriptQuery } from '../agent/query.js';
import { CURL, curlOption } from '../resources/curl.js';
import { ASK } from '../resources/haproxy/ask.js';
import { check } from './check.js';
import { everyHost, verdictOf } from './every-host.js';
import { excerpt } from './excerpt.js';
import { type ServerRow, parseStatistics } from '../resources/haproxy/statistics.js';

export interface ServersParams {
  readonly socket?: string;
  readonly url?: string;
  readonly backends?: Readonly<Record<string, readonly string[]>>;
}

export const haproxyServers = check<ServersParams>({
  name: 'haproxy_servers',
  summary: 'HAProxy has its servers, and its health checks find all of them UP.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      socket: {
        type: 'string',
        pattern: '^/',
        default: '/run/haproxy/admin.sock',
        description: "HAProxy's socket, which is asked with socat or perl.",
      },
      url: {
        type: 'string',
        pattern: '^https?://',
        description: 'The statistics page, asked when the socket is not there.',
      },
      backends: {
        type: 'object',
        additionalProperties: { type: 'array', items: { type: 'string', minLength: 1 } },
        description:
          'The servers that each backend shall have, no more and no fewer. Left out: whatever it has.',
      },
    },
  },
  queries: (params) => [query(params)],
  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: ServersParams, answers: Answers): { ok: boolean; message: string } {
  const { rc, stdout, stderr } = answers.get<'script'>(query(params));
  const rows = rc === 0 ? parseStatistics(stdout) : undefined;
  if (!rows) {
    return {
      ok: false,
      message: `HAProxy does not tell its statistics: ${excerpt(stderr) || excerpt(stdout) || `exit code ${rc}`}`,
    };
  }
  const wrong = [...wrongMembers(rows, params.backends ?? {}), ...rows.flatMap(wrongState)];
  const backends = new Map<string, string[]>();
  for (const { backend, server } of rows) {
    const servers = backends.get(backend);
    if (servers) servers.push(server);
    else backends.set(backend, [server]);
  }
  if (rows.length === 0) wrong.push('HAProxy has no servers');
  const right = [...backends].map(([backend, servers]) => `${backend}: ${servers.join(', ')} UP`);
  return verdictOf(wrong, right.join('; '));
}

function wrongMembers(
  rows: readonly ServerRow[],
  wanted: Readonly<Record<string, readonly string[]>>,
): string[] {
  return Object.entries(wanted).flatMap(([backend, servers]) => {
    const seen = rows.filter((row) => row.backend === backend).map(({ server }) => server);
    if (seen.length === 0 && servers.length > 0)
      return [`there is no backend ${backend}, expected it with ${servers.join(', ')}`];
    return [
      ...servers
        .filter((server) => !seen.includes(server))
        .map((server) => `${backend} has no server ${server}`),
      ...seen
        .filter((server) => !servers.includes(server))
        .map((server) => `${backend} has a server ${server}, which is not expected`),
    ];
  });
}

/** `UP 1/3` is on its way down; without a health check `UP` means nothing. */
function wrongState({ backend, server, status, check: health, reason }: ServerRow): string[] {
  const name = `${backend}/${server}`;
  const why = [health, reason].filter((text) => text !== '').join(': ');
  if (status === 'no check') return [`${name} has no health check`];
  if (status !== 'UP') return [`${name} is ${status}${why === '' ? '' : ` (${why})`}, expected UP`];
  return /^(\* )?L[467]OK/.test(health)
    ? []
    : [`${name} is UP, but its last check said ${health || 'nothing'}`];
}

function query({ socket, url }: ServersParams): ScriptQuery {
  const config = ['silent', 'show-error', 'globoff', 'max-time = 10', curlOption('url', `${url ?? ''};csv`)];
  return {
    kind: 'script',
    code: SHOW_STAT,
    args: [socket ?? '/run/haproxy/admin.sock', url === undefined ? '' : 'by url'],
    // The address may hold a password.
    ...(url === undefined ? {} : { stdin: `${config.join('\n')}\n` }),
  };
}

const SHOW_STAT = `if [ ! -S "$1" ] && [ -n "$2" ]; then
  exec ${CURL.join(' ')}
fi
if [ ! -S "$1" ]; then echo "there is no socket $1" >&2; exit 1; fi
socket=$1
${ASK}
ask 'show stat'`;
