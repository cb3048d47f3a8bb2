import type { ScriptStep } from '../../agent/step.js';
import { preferredRelease, type AptParams } from './params.js';

/** What apt-get is to do: a verb with its options, and the packages. */
export interface Transaction {
  readonly verb: readonly string[];
  readonly packages?: readonly string[];
}

/**
 * One apt-get. It asks nothing, keeps configuration files that were edited, waits for other users of apt, and goes on
 * when the controller is gone: a half-configured package is worse than an unwatched one.
 */
export function aptGet(params: AptParams, transaction: Transaction): ScriptStep {
  const { lock_timeout, policy_rc_d } = params;
  const options = [
    ...['-q', '-y', '-o', `DPkg::Lock::Timeout=${lock_timeout}`],
    ...['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'],
  ];
  return {
    kind: 'script',
    code: APT_GET,
    does: describeTransaction(transaction),
    args: [
      policy_rc_d === undefined ? '' : String(policy_rc_d),
      String(lock_timeout),
      ...['apt-get', ...options, ...decidingWords(params, transaction)],
    ],
    env: {
      DEBIAN_FRONTEND: 'noninteractive',
      APT_LISTCHANGES_FRONTEND: 'none',
      NEEDRESTART_MODE: 'l',
      LC_ALL: 'C.UTF-8',
    },
    uninterruptible: true,
  };
}

/** A transaction as people would type it. */
export function describeTransaction({ verb, packages = [] }: Transaction): string {
  return ['apt-get', ...verb, ...packages].join(' ');
}

/** The words that decide what happens to which package: the same for a simulation and for what it foretells. */
export function decidingWords(params: AptParams, { verb, packages = [] }: Transaction): string[] {
  const { install_recommends, allow_downgrade, allow_change_held_packages } = params;
  const release = preferredRelease(params);
  return [
    ...(install_recommends === undefined ? [] : ['-o', `APT::Install-Recommends=${install_recommends}`]),
    ...(release === undefined ? [] : ['-t', release]),
    ...(allow_downgrade ? ['--allow-downgrades'] : []),
    ...(allow_change_held_packages ? ['--allow-change-held-packages'] : []),
    ...verb,
    ...(packages.length === 0 ? [] : ['--', ...packages]),
  ];
}

// DPkg::Lock::Timeout does not cover the locks of the lists and of the archive, which apt-daily holds after a boot.
// A policy-rc.d that is there was put there by somebody and stays; one with our mark is left from a run that was killed.
const APT_GET = `policy=$1 limit=$(($(date +%s) + $2))
shift 2
rc_d=/usr/sbin/policy-rc.d
if [ -n "$policy" ] && { [ ! -e "$rc_d" ] || grep -qx '# made for one installation' "$rc_d"; }; then
  trap 'rm -f "$rc_d"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\\n# made for one installation\\nexit %s\\n' "$policy" >"$rc_d"
  chmod 755 "$rc_d"
fi
exec 3>&1
repaired=no
while :; do
  rc=0
  errors=$("$@" 2>&1 >&3 3>&-) || rc=$?
  case $rc:$errors in
  0:*) break ;;
  *'Could not get lock'* | *'Unable to lock'* | *'Unable to acquire'*lock*)
    [ "$(date +%s)" -lt "$limit" ] || break
    sleep 2 ;;
  *'dpkg was interrupted'*)
    [ "$repaired" = no ] || break
    repaired=yes
    dpkg --force-confdef --force-confold --configure -a || break ;;
  *) break ;;
  esac
done
[ -z "$errors" ] || printf '%s\\n' "$errors" >&2
exit "$rc"
`;
