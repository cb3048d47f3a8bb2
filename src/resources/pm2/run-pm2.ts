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

const RUN = `${SURROUNDINGS}
command -v "$pm2" >/dev/null || { echo "$pm2 is not installed" >&2; exit 127; }
alone "$pm2" "$@"`;
