import { posix } from 'node:path';
import type { ScriptQuery } from '../../agent/query.js';
import type { ScriptStep } from '../../agent/step.js';
import { homePlace, type Pm2Params } from './params.js';

/**
 * sh that takes $1 (PM2_HOME) and $2 (pm2) and makes `alone`, which runs a program with no more environment than it
 * needs: PM2 copies all that it sees into every app and into its dump.
 */
export const SURROUNDINGS = `pm2_home=$1 pm2=$2
shift 2
user_home=$(getent passwd "$(id -u)" | cut -d: -f6)
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
case $pm2 in */*) path=\${pm2%/*}:$path ;; esac
PATH=$path
alone() { env -i HOME="$user_home" PATH="$path" PM2_HOME="$pm2_home" "$@"; }`;

/** What PM2 itself says of its processes. Only where a daemon is alive: asking would start one. */
export function listQuery(params: Pm2Params): ScriptQuery {
  return {
    kind: 'script',
    code: `${RUN}`,
    args: [params.pm2_home, params.executable ?? 'pm2', 'jlist'],
    at: homePlace(params),
  };
}

/** One call of pm2, in the folder of the ecosystem file: relative paths in it start there. */
export function pm2Step(params: Pm2Params, ...words: readonly string[]): ScriptStep {
  return {
    kind: 'script',
    code: RUN,
    args: [params.pm2_home, params.executable ?? 'pm2', ...words],
    cwd: posix.dirname(params.ecosystem),
    at: homePlace(params),
  };
}

/**
 * A call that starts the processes of an app, watched: PM2 itself waits for one that is to become ready until its time is up, also when it
 * has ended and is started over and over. Such a call ends here when they have ended twice, with what the app has logged.
 */
export function startStep(params: Pm2Params, app: string, ...words: readonly string[]): ScriptStep {
  return {
    kind: 'script',
    code: START,
    args: [params.pm2_home, params.executable ?? 'pm2', app, ...words],
    cwd: posix.dirname(params.ecosystem),
    at: homePlace(params),
  };
}

const RUN = `${SURROUNDINGS}
command -v "$pm2" >/dev/null || { echo "$pm2 is not installed" >&2; exit 127; }
alone "$pm2" "$@"`;

// While it reloads, the former processes end as well: with 0.
const START = `app=$3
${SURROUNDINGS}
shift
command -v "$pm2" >/dev/null || { echo "$pm2 is not installed" >&2; exit 127; }
log=$pm2_home/pm2.log from=0 codes='[^]]*'
[ "$1" != reload ] || codes='[^]0][^]]*'
[ ! -f "$log" ] || from=$(stat -c %s -- "$log")
ends() {
  tail -c "+$((from + 1))" -- "$log" 2>/dev/null | grep -F "App [$app:" | grep "exited with code \\[$codes\\]"
}
over() {
  ended=$(ends)
  case $ended in *'
'*) return 0 ;; *) return 1 ;; esac
}
env -i HOME="$user_home" PATH="$path" PM2_HOME="$pm2_home" "$pm2" "$@" &
call=$!
while kill -0 "$call" 2>/dev/null && ! over; do sleep 0.2 2>/dev/null || sleep 1; done
if over; then
  kill "$call" 2>/dev/null
  wait "$call"
  how=\${ended##*exited with}
  {
    printf '%s ended again and again while it was started, at last with%s. The last lines of its log:\\n' "$app" "$how"
    alone "$pm2" logs "$app" --nostream --raw --lines 15 2>&1 | grep -v '^\\[TAILING\\]\\|last 15 lines:$\\|^$'
  } >&2
  exit 1
fi
wait "$call"`;
