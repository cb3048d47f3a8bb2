import type { Answers, ScriptQuery } from '../agent/query.js';
import { check } from './check.js';
import { everyHost } from './every-host.js';
import { excerpt } from './excerpt.js';

export interface LoginParams {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly password: string;
  readonly database?: string;
  readonly query?: string;
  readonly returns?: string | number;
  readonly expect?: 'ok' | 'refused';
  readonly timeout?: number;
}

export const mysqlLogin = check<LoginParams>({
  name: 'mysql_login',
  summary: 'A MariaDB or MySQL account can, or cannot, log in over TCP from the host.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['host', 'user', 'password'],
    properties: {
      host: { type: 'string', minLength: 1, description: "The server's address." },
      port: { type: 'integer', minimum: 1, maximum: 65535, default: 3306, description: 'Its port.' },
      user: { type: 'string', minLength: 1, description: 'The account.' },
      password: { type: 'string', writeOnly: true, description: 'Its password.' },
      database: { type: 'string', minLength: 1, description: 'The database to use.' },
      query: { type: 'string', minLength: 1, default: 'SELECT 1', description: 'A statement to run.' },
      returns: { type: ['string', 'number'], description: 'What the first field of its first row shall be.' },
      expect: {
        type: 'string',
        enum: ['ok', 'refused'],
        default: 'ok',
        description: 'refused: the server must say no. One that cannot be reached has not.',
      },
      timeout: { type: 'integer', minimum: 1, default: 10, description: 'Seconds to connect.' },
    },
  },
  queries: (params) => [query(params)],
  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: LoginParams, answers: Answers): { ok: boolean; message: string } {
  const { rc, stdout, stderr: all } = answers.get<'script'>(query(params));
  const stderr = all.slice(-MOST_SAID);
  const subject = `${params.user} at ${params.host}:${params.port ?? 3306}${params.database === undefined ? '' : `/${params.database}`}`;
  const said = excerpt(stderr.replace(/^.*\[Warning\].*$/gm, ''), 200);
  if (rc === 127) return { ok: false, message: `${subject} cannot be tried: ${said}` };
  const refused = rc !== 0 && REFUSALS.includes(errorCode(stderr) ?? '');
  if (params.expect === 'refused') {
    if (refused) return { ok: true, message: `${subject} is refused: ${said}` };
    if (rc === 0) return { ok: false, message: `${subject} could log in, expected it to be refused` };
    return { ok: false, message: `${subject} was not refused but got no answer: ${said}` };
  }
  if (rc !== 0) return { ok: false, message: `${subject} ${refused ? 'is refused' : 'failed'}: ${said}` };
  const seen = stdout.split('\n')[0]?.split('\t')[0] ?? '';
  if (params.returns !== undefined && seen !== String(params.returns)) {
    return {
      ok: false,
      message: `${subject}: ${params.query} returned ${excerpt(seen) || 'nothing'}, expected ${params.returns}`,
    };
  }
  return { ok: true, message: `${subject} can log in` };
}

/** Access denied to the account, the database or the table; the host may not connect; the account is locked. */
const REFUSALS = ['1045', '1698', '1044', '1142', '1130', '3118', '4151'];

/** What a client says of one login is at the end of what it says, and no longer than this. */
const MOST_SAID = 8192;

/** A refusal that comes before TLS is reported by MariaDB's clients as an error of their own, with the server's inside. */
function errorCode(said: string): string | undefined {
  return (
    /before completion of TLS handshake.*: (\d{4}) - /s.exec(said)?.[1] ?? /ERROR (\d+) /.exec(said)?.[1]
  );
}

/** The password goes over standard input as the client's own configuration: no argument, file or environment holds it. */
function query(params: LoginParams): ScriptQuery {
  const timeout = params.timeout ?? 10;
  const options = [
    '[client]',
    'protocol=tcp',
    option('host', params.host),
    option('port', String(params.port ?? 3306)),
    option('user', params.user),
    option('password', params.password),
    // New clients insist on a certificate that they can verify, which a server inside a site seldom has.
    'loose-ssl-verify-server-cert=0',
    `connect-timeout=${timeout}`,
  ];
  return {
    kind: 'script',
    code: LOGIN,
    args: [params.query ?? 'SELECT 1', ...(params.database === undefined ? [] : [params.database])],
    stdin: `${options.join('\n')}\n`,
    timeout: timeout + 10,
  };
}

const LOGIN = `client=$(command -v mariadb || command -v mysql) || {
  echo 'neither mariadb nor mysql is installed' >&2
  exit 127
}
sql=$1
shift
# The client opens the pipe with its options by name; the statement goes over its standard input. Neither is an argument.
cat | {
  exec 3<&0
  printf '%s\\n' "$sql" | "$client" --defaults-file=/dev/fd/3 --batch --skip-column-names "$@"
}`;

/** The client reads escapes inside quotes as C does. */
function option(name: string, value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `${name}="${escaped}"`;
}
