import type { ScriptStep } from '../../agent/step.js';
import { ASK } from './ask.js';
import type { HaproxyParams } from './params.js';

/** The exit code of a wait that came to its end without what it waited for. */
export const TIMED_OUT = 75;

/** Commands of HAProxy that say nothing when they succeed. */
export function commandStep({ socket }: HaproxyParams, commands: readonly string[]): ScriptStep {
  return { kind: 'script', code: COMMANDS, args: [socket, ...commands] };
}

/** Wait until all these servers have no sessions any more (`idle`), or are found well by their health checks (`up`). */
export function waitStep(
  { socket, wait_interval: interval, wait_retries: retries }: HaproxyParams,
  until: 'idle' | 'up',
  options: { servers: readonly string[]; goOn: boolean },
): ScriptStep {
  return {
    kind: 'script',
    code: WAIT,
    args: [socket, until, String(retries), String(interval), ...options.servers],
    ...(options.goOn ? { ok: [0, TIMED_OUT] } : {}),
  };
}

const COMMANDS = `socket=$1
shift
${ASK}
for command in "$@"; do
  answer=$(ask "$command") || exit
  if [ -n "$answer" ]; then printf '%s: %s\\n' "$command" "$answer" >&2; exit 1; fi
done`;

// Columns of "show stat", which HAProxy only ever adds to: 1 backend, 2 server, 5 sessions, 18 status, 37 last check.
const WAIT = `socket=$1 until=$2 left=$3 pause=$4
shift 4
${ASK}
open() {
  ask 'show stat' | awk -F, -v until="$until" -v servers=" $* " '
    index(servers, " " $1 "/" $2 " ") == 0 { next }
    { seen++ }
    until == "idle" && $5 > 0 { print $1 "/" $2 " still has " $5 " sessions" }
    until == "up" && !($18 == "no check" || $18 == "UP" && $37 ~ /^(\\* )?L[467]OK/) { print $1 "/" $2 " is " $18 " (" $37 ")" }
    END { if (seen == 0) print "HAProxy does not tell the state of" servers }'
}
while :; do
  said=$(open "$@")
  if [ -z "$said" ]; then exit 0; fi
  if [ "$left" -le 0 ]; then printf '%s\\n' "$said" >&2; exit ${TIMED_OUT}; fi
  left=$((left - 1))
  sleep "$pause"
done`;
