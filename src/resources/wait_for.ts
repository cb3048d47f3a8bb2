import type { ScriptQuery } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { toGrepPattern } from '../regexp/grep-pattern.js';
import { PatternError } from '../regexp/python-regexp.js';
import { resource } from './resource.js';

export interface WaitParams {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly state?: 'started' | 'present' | 'stopped' | 'absent';
  readonly search_regex?: string;
  readonly timeout?: number;
  readonly connect_timeout?: number;
  readonly delay?: number;
  readonly sleep?: number;
  readonly msg?: string;
}

export const waitFor = resource<WaitParams>({
  name: 'wait_for',
  summary: 'Wait on the host for a port or a path.',
  changes: 'never',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      host: {
        type: 'string',
        minLength: 1,
        default: '127.0.0.1',
        description: 'Whose port, as seen from the host.',
      },
      port: { type: 'integer', minimum: 1, maximum: 65535, description: 'A TCP port.' },
      path: { type: 'string', pattern: '^/', description: 'A path on the host, instead of a port.' },
      state: {
        type: 'string',
        enum: ['started', 'present', 'stopped', 'absent'],
        default: 'started',
        description: 'started or present: it accepts connections, it exists. stopped or absent: it does not.',
      },
      search_regex: {
        type: 'string',
        minLength: 1,
        description:
          "A regular expression of Python's that something in the file must match; `^` and `$` are where lines begin and end.",
      },
      timeout: { type: 'integer', minimum: 1, default: 300, description: 'Seconds until it has failed.' },
      connect_timeout: {
        type: 'integer',
        minimum: 1,
        default: 5,
        description: 'Seconds for one try to connect.',
      },
      delay: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'Seconds before the first try after the question.',
      },
      sleep: { type: 'number', exclusiveMinimum: 0, default: 1, description: 'Seconds between tries.' },
      msg: { type: 'string', description: 'What to say when it fails.' },
    },
  },

  queries: (params) => (subjectOf(params) === undefined ? [] : [probe(params)]),

  plan(params, answers) {
    const subject = subjectOf(params);
    if (subject === undefined) {
      throw new TaskError('wait_for takes a port or a path', {
        hint: 'give exactly one of them; search_regex goes with a path',
      });
    }
    const { rc, stderr } = answers.get<'script'>(probe(params));
    if (rc === 0) return [];
    if (rc !== NOT_YET) throw new TaskError(`waiting for ${subject} is not possible: ${stderr.trim()}`);
    return [
      { subject, field: 'state', before: wantsGone(params) ? 'there' : 'not there', after: stateOf(params) },
    ];
  },

  apply(params) {
    const said =
      params.msg ?? `${subjectOf(params)} is not ${stateOf(params)} after ${params.timeout ?? 300} s`;
    return [
      {
        kind: 'script',
        // Not its arguments: a pattern in another language would not be known for what must not be shown.
        does: `waiting for ${subjectOf(params)}`,
        code: `${TRY}\n${POLL}`,
        args: [
          ...tryArguments(params),
          String(params.timeout ?? 300),
          String(params.delay ?? 0),
          String(params.sleep ?? 1),
          said,
        ],
      },
    ];
  },

  result(params, _answers, outputs) {
    return {
      ...(params.path === undefined
        ? { host: params.host ?? '127.0.0.1', port: params.port }
        : { path: params.path }),
      state: stateOf(params),
      ...(params.search_regex === undefined ? {} : { search_regex: params.search_regex }),
      elapsed: Number(outputs[0]?.stdout.trim() ?? 0),
    };
  },
});

const NOT_YET = 1;

// try: 0 = as wanted, 1 = not yet, 2 = cannot be found out. Positional parameters: what, host or path, port or pattern,
// seconds for one connection, there|gone.
// A file is read with the rights of whose folder it is in.
const TRY = `what=$1 subject=$2 detail=$3 connect=$4 wanted=$5
search() {
  odd_one=$(by_owner "$subject" follow '
    [ -f "$1" ] || exit 1
    if [ -n "$shared" ]; then echo shared; exit 2; fi
    printf "%s\\n" "$2" | LC_ALL=C.UTF-8 timeout -k 1 "$3" grep -Pzq -f - -- "$1" 2>&1 && exit
    rc=$?
    [ "$rc" = 1 ] || [ ! -f "$1" ] || echo failed
    exit "$rc"' "$subject" "$detail" "$connect" 2>/dev/null) && return
  case $odd_one in
    shared) echo 'others than root may write to its folder, and could put a link in its place' >&2 ;;
    *failed) printf '%s\\n' "\${odd_one%failed}" >&2 ;;
    *) return 1 ;;
  esac
  exit 2
}
there() {
  case $what in
    path) [ -e "$subject" ] || [ -L "$subject" ] ;;
    line) search ;;
    port)
      if command -v bash >/dev/null; then
        timeout "$connect" bash -c ': <>"/dev/tcp/$0/$1"' "$subject" "$detail" 2>/dev/null
      elif command -v nc >/dev/null; then
        nc -z -w "$connect" "$subject" "$detail" 2>/dev/null
      else
        echo 'neither bash nor nc is installed' >&2
        exit 2
      fi ;;
  esac
}
try() {
  if there; then [ "$wanted" = there ]; else [ "$wanted" = gone ]; fi
}`;

const ONCE = 'try || exit 1';

const POLL = `timeout=$6 delay=$7 pause=$8 said=$9
began=$(date +%s)
sleep "$delay"
until try; do
  if [ $(($(date +%s) - began)) -ge "$timeout" ]; then
    printf '%s\\n' "$said" >&2
    exit 1
  fi
  sleep "$pause"
done
echo $(($(date +%s) - began))`;

function probe(params: WaitParams): ScriptQuery {
  const seconds = (params.connect_timeout ?? 5) + 5;
  // timeout(1) would start a shell that has no by_owner: a search has a limit of its own.
  const limit = params.search_regex === undefined ? { timeout: seconds } : {};
  return { kind: 'script', code: `${TRY}\n${ONCE}`, args: tryArguments(params), ...limit };
}

function tryArguments(params: WaitParams): string[] {
  const { path, search_regex: pattern, host, port, connect_timeout: connect } = params;
  const what = path === undefined ? 'port' : pattern === undefined ? 'path' : 'line';
  return [
    what,
    path ?? host ?? '127.0.0.1',
    what === 'port' ? String(port) : pattern === undefined ? '' : grepPattern(pattern),
    String(connect ?? 5),
    wantsGone(params) ? 'gone' : 'there',
  ];
}

function grepPattern(source: string): string {
  try {
    return toGrepPattern(source);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new TaskError(`search_regex: ${error.message}`, {
      hint: "regular expressions are Python's, as in Ansible",
      cause: error,
    });
  }
}

function wantsGone(params: WaitParams): boolean {
  return stateOf(params) === 'stopped' || stateOf(params) === 'absent';
}

function stateOf({ state }: WaitParams): string {
  return state ?? 'started';
}

/** Undefined when it is not clear what to wait for. */
function subjectOf({ host, port, path, search_regex: pattern }: WaitParams): string | undefined {
  if ((port === undefined) === (path === undefined)) return undefined;
  if (path !== undefined) return pattern === undefined ? path : `${path} with a match of ${pattern}`;
  return pattern === undefined ? `${host ?? '127.0.0.1'}:${port}` : undefined;
}
