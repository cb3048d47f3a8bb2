import { posix } from 'node:path';
import type { ScriptQuery } from '../../agent/query.js';
import type { ScriptStep } from '../../agent/step.js';
import { placesOf, type Pm2Params } from './params.js';

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
    at: placesOf(params),
  };
}

/** One call of pm2, in the folder of the ecosystem file: relative paths in it start there. */
export function pm2Step(params: Pm2Params, ...words: readonly string[]): ScriptStep {
  return {
    kind: 'script',
    code: RUN,
    args: [params.pm2_home, params.executable ?? 'pm2', ...words],
    cwd: posix.dirname(params.ecosystem),
    at: placesOf(params),
  };
}

/**
 * A call that starts the processes of an app, watched: PM2 itself waits for one that is to become ready until its time is up, also when it
 * has ended and is started over and over, and when an ES module has thrown (PM2 catches that, and the process stays and does nothing).
 * Such a call ends here: when they have ended twice, or when after such a rejection nothing is logged for five seconds. What the app has
 * logged is told.
 * @param logs the beginnings of the paths of its logs, errors first
 */
export function startStep(
  params: Pm2Params,
  { app, logs }: { readonly app: string; readonly logs: readonly string[] },
  ...words: readonly string[]
): ScriptStep {
  const [errors = '', out = ''] = logs;
  return {
    kind: 'script',
    code: START,
    args: [params.pm2_home, params.executable ?? 'pm2', app, errors, out, ...words],
    cwd: posix.dirname(params.ecosystem),
    at: placesOf(params),
  };
}

/** Where PM2 lets an app log that says nothing of it. */
export function defaultLogs({ pm2_home: home }: Pm2Params, app: string): string[] {
  return ['error', 'out'].map((kind) => `${home}/logs/${app}-${kind}`);
}

const RUN = `${SURROUNDINGS}
command -v "$pm2" >/dev/null || { echo "$pm2 is not installed" >&2; exit 127; }
alone "$pm2" "$@"`;

// While it reloads, former processes end as well: PM2 calls them _old_.
const START = `app=$3 errors=$4 out=$5
${SURROUNDINGS}
shift 3
command -v "$pm2" >/dev/null || { echo "$pm2 is not installed" >&2; exit 127; }
log=$pm2_home/pm2.log newline='
'
size() { cat -- "$@" 2>/dev/null | wc -c; }
since() { cat -- "$@" 2>/dev/null | tail -c "+$((from + 1))"; }
began=$(size "$log") failed=$(size "$errors"*.log)
before='' still=0 why=''
over() {
  from=$began
  ended=$(since "$log" | grep "App \\[$app:[0-9]*\\] exited with code")
  case $ended in *"$newline"*) why="ended again and again while it was started"; return 0 ;; esac
  now=$(size "$log" "$errors"*.log "$out"*.log)
  if [ "$now" != "$before" ]; then before=$now still=0; return 1; fi
  still=$((still + 1)) from=$failed
  [ "$still" -ge 25 ] && since "$errors"*.log | grep -q 'You have triggered an unhandledRejection' || return 1
  why="does nothing more since it has thrown while it was started"
}
env -i HOME="$user_home" PATH="$path" PM2_HOME="$pm2_home" "$pm2" "$@" &
call=$!
while kill -0 "$call" 2>/dev/null; do
  if over; then kill "$call" 2>/dev/null; break; fi
  sleep 0.2 2>/dev/null || { sleep 1; still=$((still + 4)); }
done
wait "$call" 2>/dev/null
rc=$?
[ -n "$why" ] || over || :
[ -n "$why" ] || exit "$rc"
{
  printf '%s %s. What it has logged:\\n' "$app" "$why"
  from=$failed
  since "$errors"*.log | tail -n 9
} >&2
exit 1`;
