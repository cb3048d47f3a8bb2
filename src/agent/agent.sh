# The provision agent: reads requests on stdin, runs each as a background job, answers on stdout and stderr.
#
#   R <id> <bytes> <u|i>   a script of that many bytes follows: run it (u: it must not be interrupted)
#   K <id>                 stop the running job and everything below it
#   L <bytes>              the holder's name follows: take this host's lock, keep it as long as this process lives
#   S <bytes>              a path follows: a file that is being put together; removed when the link is lost
#
# The main loop never waits for a job while it could read: the end of stdin (the controller or the link is gone) and K
# are noticed at once. What a script prints goes out as it is; markers that hold the nonce, which no program knows, tell
# where a part ends. Nothing is left on the host's disk but what the scripts are asked to write.

IFS= read -r nonce || exit 1
export LC_ALL=C.UTF-8 LANG=C.UTF-8
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset LANGUAGE
umask 022
cd /
trap : TERM INT HUP

uid=$(id -u)
if [ "$uid" = 0 ]; then
  state=/var/lib/provision lock=/run/provision.lock
else
  state=${XDG_STATE_HOME:-$HOME/.local/state}/provision lock=${XDG_RUNTIME_DIR:-$HOME}/.provision.lock
fi
job='' running=i staged=''

# say WORDS: a marker, on both streams.
say() {
  printf '\n%s %s\n' "$nonce" "$*"
  printf '\n%s %s\n' "$nonce" "$*" >&2
}

# take BYTES: exactly so many bytes of stdin. The x keeps newlines at the end; ${text%x} takes it off.
take() {
  text=$(dd bs="$1" count=1 iflag=fullblock 2>/dev/null; printf x)
  text=${text%x}
}

# below PIDS: these processes and all their descendants.
below() {
  found=" $* " pairs=''
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    rest=${line##*) }
    case $rest in Z*) continue ;; esac
    rest=${rest#* }
    pairs="$pairs ${line%% *}:${rest%% *}"
  done
  grown=yes
  while [ -n "$grown" ]; do
    grown=''
    for pair in $pairs; do
      case $found in *" ${pair%:*} "*) continue ;; esac
      case $found in *" ${pair#*:} "*) found="$found${pair%:*} " grown=yes ;; esac
    done
  done
  printf %s "$found"
}

# living PIDS: those that have not ended.
living() {
  for pid in "$@"; do
    { read -r line <"/proc/$pid/stat"; } 2>/dev/null || continue
    case ${line##*) } in Z*) continue ;; esac
    printf '%s ' "$pid"
  done
}

# stop_job: end the job and everything below it: TERM, and KILL after two seconds.
stop_job() {
  [ -n "$job" ] || return 0
  # shellcheck disable=SC2046,SC2086 # lists of numbers
  {
    tree=$(below "$job")
    kill -TERM $tree 2>/dev/null
    tries=0
    while [ "$tries" -lt 20 ] && [ -n "$(living $tree)" ]; do
      sleep 0.1 2>/dev/null || sleep 1
      tries=$((tries + 1))
    done
    left=$(living $tree)
    [ -z "$left" ] || kill -KILL $(below $left) 2>/dev/null
  }
  wait "$job" 2>/dev/null
  job=''
}

# survive FUNCTION: run it with its output relayed by something that goes on draining when the link is gone.
survive() {
  rc=$({ { "$1"; echo $? >&3; } 2>&1 | { cat >&5; cat >/dev/null; }; } 3>&1)
  return "$rc"
}

# put_file PATH MODE OWNER GROUP BACKUP CHECK STAGED: replace a whole file; a link is replaced, not followed: its owner
# could point it anywhere. The content comes on stdin as base64, or is
# in the file STAGED already. CHECK is sh that sees the candidate as $new.
put_file() {
  path=$1
  folder=${path%/*}
  trap 'rm -f -- "$new"' EXIT
  trap 'exit 143' TERM INT HUP
  if [ -n "$7" ]; then
    new=$7
  else
    new=$(mktemp -- "${folder:-}/.${path##*/}.XXXXXX") || return 1
    base64 -d >"$new" || return 1
  fi
  if [ -e "$path" ] && [ ! -L "$path" ]; then
    chown --reference="$path" -- "$new" || return 1
    chmod --reference="$path" -- "$new" || return 1
  else
    chmod 0644 -- "$new" || return 1
  fi
  [ -z "$3$4" ] || chown -- "$3${4:+:$4}" "$new" || return 1
  [ -z "$2" ] || chmod -- "$2" "$new" || return 1
  if [ -n "$6" ] && ! eval "$6"; then
    printf '%s: the new content does not pass its validation; the file is left as it was\n' "$path" >&2
    return 1
  fi
  [ -z "$5" ] || [ ! -e "$path" ] || cp -p -- "$path" "$path.$(date +%Y%m%dT%H%M%S)~" || return 1
  sync -- "$new" 2>/dev/null || sync
  mv -fT -- "$new" "$path" || return 1
  sync -- "${folder:-/}" 2>/dev/null || sync
}

# put_link PATH TARGET: a symbolic link, in place of a link or a file.
put_link() {
  new=${1%/*}/.${1##*/}.$$-$id
  trap 'rm -f -- "$new"' EXIT
  trap 'exit 143' TERM INT HUP
  rm -f -- "$new" && ln -s -- "$2" "$new" && mv -fT -- "$new" "$1"
}

# put_marker NAME / drop_marker NAME: a handler that has to run, even if this run does not come to it.
put_marker() {
  mkdir -p -- "$state/pending" && : >"$state/pending/$1" && { sync -- "$state/pending/$1" "$state/pending" 2>/dev/null || sync; }
}
drop_marker() {
  rm -f -- "$state/pending/$1"
}

# take_lock HOLDER: descriptor 9 holds the lock. Jobs close it, so that nothing they start can keep it.
take_lock() {
  if ! ( : 9<>"$lock" ) 2>/dev/null; then
    say lock error "$lock cannot be opened"
    return
  fi
  exec 9<>"$lock"
  if flock -n 9; then
    printf '%s\n' "$1" >"$lock"
    say lock taken
  else
    IFS= read -r line <"$lock"
    exec 9>&-
    say lock held "$line"
  fi
}

say hello "$$"
while IFS=' ' read -r verb id bytes mode; do
  case $verb in
    R)
      [ -z "$job" ] || wait "$job" 2>/dev/null
      take "$bytes"
      (
        trap - TERM INT HUP
        trap 'say end "$id"' EXIT
        exec 9>&- 5>&1
        eval "$text"
      ) </dev/null &
      job=$! running=$mode text=''
      ;;
    K)
      [ "$running" = u ] || { stop_job; say end "$id"; }
      ;;
    L)
      take "$id"
      take_lock "$text"
      ;;
    S)
      take "$id"
      staged=$text
      ;;
  esac
done
if [ "$running" = u ] && [ -n "$job" ]; then wait "$job" 2>/dev/null; else stop_job; fi
[ -z "$staged" ] || rm -f -- "$staged"
