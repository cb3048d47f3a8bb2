# The provision agent: reads requests on stdin, runs each as a background job, answers on stdout and stderr.
#
#   H <holder>             who asks: noted for each file that is written
#   L <holder>             take this host's lock, keep it as long as this process lives; refused: the next R does not run
#   S <bytes>              a path follows: a file that is being put together; removed when the link is lost
#   D <bytes>              so many bytes follow: append them to that file; what cannot be written is announced (unstaged), and the rest
#                          need not be sent
#   U                      remove that file: it will not be needed
#   R <id> <bytes> <u|i>   a script of that many bytes follows: run it (u: it must not be interrupted)
#   K <id>                 stop that script and everything below it
#   B                      nothing runs and nothing more is asked: end. The end of stdin alone means that the link is gone.
#
# The main loop never waits for a job while it could read: the end of stdin (the controller or the link is gone) and K
# are noticed at once. What a script prints goes out as it is; markers that hold the nonce, which no program knows, tell
# where a part ends. Nothing is left on the host's disk but what the scripts are asked to write.
# No program is started where sh itself can do it: a process costs a host more than all else here.

# shellcheck disable=SC2317 # scripts call these functions
# shellcheck disable=SC2034,SC2154 # variables of owner.sh
# shellcheck disable=SC2016 # code for another shell
IFS= read -r nonce || exit 1
# What sshd or a profile exported under these names must not carry a script, and its secrets, into the environment.
unset text body stdin content id line rest CDPATH LANGUAGE
export LC_ALL=C.UTF-8 LANG=C.UTF-8
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022
cd / || exit 1
# As sh, bash does not say which signal ended a program.
[ -z "${BASH_VERSION:-}" ] || eval 'set +o posix'

# A busybox that prefers its own programs, whatever PATH says: what those cannot do would look like an answer.
# Neither dash has RANDOM nor does bash have programs: there nothing need be asked.
# shellcheck disable=SC3028
[ -z "${RANDOM:-}" ] || [ -n "${BASH_VERSION:-}" ] || case $(command -v find) in
  /*) ;;
  *)
    echo 'sh runs programs of its own (busybox) or finds none: find, timeout, dd, stat, sha256sum of findutils and coreutils are needed' >&2
    exit 1
    ;;
esac

while read -r key uid rest; do [ "$key" != Uid: ] || break; done </proc/self/status
if [ "$uid" = 0 ]; then
  state=/var/lib/provision lock=/run/provision.lock
else
  state=$HOME/.local/state/provision lock=$HOME/.local/state/provision/lock
fi
job='' running='' mode=i staged='' spooled='' unstaged='' refused='' locked='' relayed='' holder='' put=''

# say WORDS: a marker, on both streams.
say() {
  tell "$@"
  printf '\n%s %s\n' "$nonce" "$*" >&2
}

# tell WORDS: a marker on stdout alone, behind a part whose stderr goes nowhere.
tell() {
  printf '\n%s %s\n' "$nonce" "$*"
}

# code N: be the exit status of a part; (exit N) would be a process.
code() {
  return "$1"
}

# take BYTES: exactly so many bytes of stdin, but for newlines at their end.
take() {
  text=$(dd bs="$1" count=1 iflag=fullblock 2>/dev/null)
}

# below PIDS: $tree is those of these processes and of their descendants that live.
below() {
  known=" $* " pairs='' tree='' word=''
  # status escapes the names of programs; stat would let one pretend to be another's child.
  # shellcheck disable=SC2013 # words are wanted
  for next in $(grep -hE '^(State|Pid|PPid):' /proc/[0-9]*/status 2>/dev/null); do
    case $word in
      State:) how=$next ;;
      Pid:) pid=$next ;;
      PPid:) case $how in [ZX]) ;; *) pairs="$pairs $pid:$next" ;; esac ;;
    esac
    word=$next
  done
  grown=yes
  while [ -n "$grown" ]; do
    grown=''
    for pair in $pairs; do
      case $known in *" ${pair%:*} "*) continue ;; esac
      case $known in *" ${pair#*:} "*) known="$known${pair%:*} " grown=yes ;; esac
    done
  done
  for pair in $pairs; do
    pid=${pair%:*}
    case $known in *" $pid "*) ;; *) continue ;; esac
    # Neither this process nor the grep above.
    if [ "$pid" = "$self" ] || [ ! -d "/proc/$pid" ]; then continue; fi
    tree="$tree $pid"
  done
}

# stop_job: end the job and everything below it: TERM, and KILL after two seconds. Then a shell does not come to remove
# its temporary file, which it has open as 8.
# shellcheck disable=SC2086 # lists of numbers
stop_job() {
  [ -n "$job" ] || return 0
  tries=0 before=none
  below "$self"
  # Held still first: what is starting processes right now cannot slip through.
  while [ "$tree" != "$before" ] && [ "$tries" -lt 10 ]; do
    kill -STOP $tree 2>/dev/null
    before=$tree tries=$((tries + 1))
    below "$self"
  done
  all=$tree tries=0 left=''
  [ -z "$tree" ] || { kill -TERM $tree; kill -CONT $tree; } 2>/dev/null
  # A child whose parent has ended is still known by its number.
  while below "$self" $all && [ -n "$tree" ] && [ "$tries" -lt 30 ]; do
    if [ "$tries" -ge 20 ]; then
      for pid in $tree; do
        # Of a process that works with another user's rights it would be that user who says what is removed.
        [ -O "/proc/$pid" ] || continue
        case $(readlink "/proc/$pid/fd/8") in */.*.provision-*) left=$(readlink "/proc/$pid/fd/8") ;; esac
      done
      kill -KILL $tree
    fi 2>/dev/null
    all=$tree tries=$((tries + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
  [ -n "$tree" ] || wait "$job" 2>/dev/null
  [ -z "$left" ] || rm -rf -- "$left"
  job=''
}

# relay: pass on, and when the link is gone go on reading: what writes must not end by SIGPIPE.
relay() {
  cat 2>/dev/null
  cat >/dev/null
}

note_writers() {
  [ -z "$holder" ] || for note do note_writer "$note" || :; done
}

# note_writer FILE: the note's own time is when. Nothing depends on it, so nothing fails where it cannot be written.
note_writer() {
  [ -d "$state/written" ] || mkdir -p -- "$state/written" || return
  printf '%s\n' "$holder" >"$state/written/$1"
} 2>/dev/null

# sum_query PATH SIZE WITHIN ABSENT UNREADABLE: show_sum with the rights that the path asks for.
sum_query() {
  whose "$1" follow
  case $by in
    '') show_sum "$@" ;;
    shared)
      sum=$(sum_unfollowed "$1")
      if [ -n "$sum" ]; then printf '%s\n%s\n' "$(find -P "$1" -maxdepth 0 -printf %s)" "$sum"
      elif [ -e "$1" ] || [ -L "$1" ]; then code "$5"
      else code "$4"
      fi
      ;;
    never) code "$4" ;;
    *) as_user "$by" 'show_sum "$@"' "$@" ;;
  esac
}

# show_units PROPERTIES PATTERN NAME...: a block for each unit. A name that no unit has may be an alias of one that is disabled: PATTERN finds it
# in the files of the units, and their blocks follow.
show_units() {
  properties=$1 pattern=$2
  shift 2
  shown=$(exec systemctl show -p "$properties" -- "$@")
  printf '%s\n\n' "$shown"
  case $shown in *LoadState=not-found*) ;; *) return ;; esac
  found=$(exec grep -rHsE --include='*.service' --include='*.socket' --include='*.timer' --include='*.target' --include='*.path' \
    -e "$pattern" /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system)
  [ -n "$found" ] || return 0
  set --
  IFS=$newline
  for line in $found; do
    printf 'alias %s\n' "$line"
    line=${line%%:Alias=*}
    set -- "$@" "${line##*/}"
  done
  unset IFS
  printf '\n'
  systemctl show -p "$properties" -- "$@"
}

# put_marker FILE NAME / drop_marker FILE: a handler that has to run, even if this run does not come to it. What is noted already stays,
# with its time and who noted it; one that a crash has cut off names nothing.
put_marker() {
  noted=''
  if [ -e "$state/pending/$1" ]; then
    IFS= read -r noted <"$state/pending/$1"
  else
    # Files that were kept for a handler that has run since are of no use to this one.
    drop_kept "$1"
    put="$put $1"
  fi
  [ -d "$state/pending" ] || mkdir -p -- "$state/pending" || return 1
  [ "$noted" = "$2" ] || printf '%s\n' "$2" ${holder:+"$holder"} >"$state/pending/$1" || return 1
  sync -- "$state/pending/$1" "$state/pending" 2>/dev/null || sync
}
drop_marker() {
  drop_kept "$1"
  rm -f -- "$state/pending/$1"
}

# unput_markers RC: those of this request, where put_file or place_files has failed: with 1 all is as it was.
unput_markers() {
  [ "$1" != 1 ] || for marker in $put; do drop_marker "$marker"; done
  return "$1"
}

# keep_file ENTRY PATH MARKER...: what is at the path before it is written, for each of these handlers. What is kept already
# stays: it is from before the first change that its handler has not run for.
keep_file() {
  entry=$1 path=$2
  shift 2
  for marker do
    kept=$state/previous/$marker/$entry
    [ ! -e "$kept/path" ] || continue
    ( umask 077; mkdir -p -- "$kept" ) || return 1
    rm -f -- "$kept/file" "$kept/told" || return 1
    ( keep_one ) || return 1
    printf '%s\n' "$path" >"$kept/new" && mv -f -- "$kept/new" "$kept/path" || return 1
    sync -- "$kept"/* "$kept" 2>/dev/null || sync
  done
}

# keep_one: in $kept. What a user might exchange is read with that user's rights.
keep_one() {
  odd=''
  survey_way "$path"
  whose "$path" entry
  asked=$path
  case $by in
    '' | shared) if [ -f "$path" ] || [ -L "$path" ]; then cp -dp -- "$path" "$kept/file"; fi ;;
    never) explain_owner 1 ;;
    *) ( umask 077; as_user "$by" 'tell_file "$1"' "$path" >"$kept/told" ) || explain_owner $? ;;
  esac
}

# restore_files MARKER: put back what was kept for a handler; prints the paths that differed.
restore_files() {
  for kept in "$state/previous/$1"/*; do
    { [ -f "$kept/path" ] && IFS= read -r path <"$kept/path"; } || continue
    folder=${path%/*}
    ( restore_one )
    case $? in
      0) sync -- "${folder:-/}" 2>/dev/null || sync; printf '%s\n' "$path" ;;
      10) ;;
      *) return 1 ;;
    esac
  done
}

# restore_one: what is in $kept; 10: it is as it was.
restore_one() {
  odd=''
  survey_way "$path"
  whose "$path" entry
  asked=$path
  case $by in
    '' | shared)
      if [ -e "$kept/told" ]; then
        printf '%s: it was kept with the rights of a user whose folder it no longer is\n' "$path" >&2
        return 1
      fi
      if [ -L "$kept/file" ] || [ -f "$kept/file" ]; then
        [ -L "$kept/file" ] || [ -L "$path" ] || ! cmp -s -- "$kept/file" "$path" || return 10
        missing_folder && return 1
        new=$(mktemp -d -- "$folder/.provision-XXXXXX") || return 1
        cp -dp -- "$kept/file" "$new/file" && { sync -- "$new/file" 2>/dev/null || sync; } && mv -fT -- "$new/file" "$path"
        rc=$?
        rm -rf -- "$new"
        return "$rc"
      fi
      if [ -e "$path" ] || [ -L "$path" ]; then rm -f -- "$path"; else return 10; fi
      ;;
    never) explain_owner 1 ;;
    *)
      if [ ! -e "$kept/told" ]; then
        printf '%s: it was kept as a file of root, and now %s is not\n' "$path" "$why" >&2
        return 1
      fi
      as_user "$by" 'put_told "$1"' "$path" <"$kept/told" || { rc=$?; [ "$rc" = 10 ] || explain_owner 1; return "$rc"; }
      ;;
  esac
}

drop_kept() {
  [ ! -d "$state/previous/$1" ] || rm -rf -- "$state/previous/$1"
}

# find_lock: $lock is a file of this user's own in /tmp. Others can take any name that they know before, so its name is made up, and
# it is found again by its owner. Who finds after making one that another run has done the same leaves the host to that one.
find_lock() {
  own_locks
  [ -z "$lock" ] || return 0
  made=$(umask 077; mktemp "/tmp/provision-$uid.lock.XXXXXX" 2>/dev/null) || { lock=/tmp/provision-$uid.lock; return 0; }
  own_locks
  [ "$locks" = 1 ] && return 0
  rm -f -- "$made"
  refused='held by a run that has just begun'
}

# own_locks: $lock is the first file of this user's that can be such a lock, or empty; $locks is how many there are.
own_locks() {
  lock='' locks=0
  for file in "/tmp/provision-$uid.lock" "/tmp/provision-$uid.lock."*; do
    if [ -f "$file" ] && [ ! -L "$file" ] && [ -O "$file" ]; then
      lock=${lock:-$file} locks=$((locks + 1))
    fi
  done
}

# take_lock HOLDER: descriptor 9 holds the lock. Jobs close it, so that nothing they start can keep it.
take_lock() {
  if [ -z "$locked" ]; then
    if [ "$uid" != 0 ]; then
      [ -d "$state" ] || mkdir -p -- "$state" 2>/dev/null
      # An account without a home of its own.
      [ -w "$state" ] || find_lock
      { [ -L "$lock" ] || { [ -e "$lock" ] && [ ! -O "$lock" ]; }; } && lock=/nonexistent/$lock
    fi
    if [ -n "$refused" ]; then
      :
    elif ! ( umask 077; : 9<>"$lock" ) 2>/dev/null; then
      refused="error $lock cannot be opened"
    else
      exec 9<>"$lock"
      flock -n 9
      case $? in
        0) locked=yes ;;
        1)
          # Another name of the inventory for the same machine: the run does not stand in its own way. Who has just taken
          # it may not have written yet who it is.
          tries=0
          while IFS= read -r line <"$lock"; [ "$line" != "$1" ] && [ "$tries" -lt 3 ]; do
            tries=$((tries + 1))
            sleep 0.1 2>/dev/null || sleep 1
          done
          [ "$line" = "$1" ] || refused="held $line"
          ;;
        *) refused='error flock (package util-linux) is missing or failed' ;;
      esac
      # Whoever made it has seen that another run was quicker, and has taken it away.
      [ -e "$lock" ] || refused='held by a run that has just begun'
    fi
  fi
  if [ -n "$refused" ]; then
    exec 9>&-
    say lock "$refused"
  else
    printf '%s\n' "$1" >"$lock"
    say lock taken
  fi
}

# stage PATH: descriptor 6 takes what D frames bring; without it they are read and thrown away. A file that goes into somebody
# else's folder is put together in one of the agent's own, and copied from there.
stage() {
  drop_staged_file
  staged=$1 spooled=$(
    survey_way "$1"
    whose "$1" entry
    [ -z "$by" ] || printf yes
  )
  if [ -n "$spooled" ]; then
    ( umask 077; mkdir -p -- "$state/staged" ) 2>/dev/null
    staged=$state/staged/${staged##*/}
  fi
  unstaged=$( ( umask 077; set -C; : >"$staged" ) 2>&1 )
  if [ -z "$unstaged" ]; then exec 6>>"$staged"; else exec 6>/dev/null; tell unstaged; fi
}

# drop_staged_file: what did not get to its place.
drop_staged_file() {
  exec 6>&-
  [ -z "$staged" ] || rm -f -- "$staged"
  staged='' spooled='' unstaged=''
}

# arrived SHA256: what was put together is what was sent.
arrived() {
  rest=$(sha256sum <"$staged") && [ "${rest%% *}" = "$1" ]
}

start_job() {
  (
    trap - TERM INT HUP
    trap 'say end "$id"' EXIT
    eval "text=''
$text"
  ) </dev/null 6>&- 7<&- 9>&- &
  job=$! text=''
}

# What is left when the controller or the link is gone.
finish() {
  if [ "$mode" = i ]; then stop_job; elif [ -n "$job" ]; then wait "$job" 2>/dev/null; fi
  drop_staged_file
  [ -z "$relayed" ] || [ -z "$locked" ] || flock -u 9
  exec 9>&-
  trap '' PIPE
  # Whatever still holds the output open, nothing is waited for.
  { say bye; } 2>/dev/null
  [ -z "$relayed" ] || kill "$$"
  exit
}

serve() {
  read -r self rest </proc/self/stat
  trap finish TERM INT HUP
  while IFS=' ' read -r verb id bytes how; do
    case $verb in
      H)
        holder="$id${bytes:+ $bytes}${how:+ $how}"
        ;;
      L)
        take_lock "$id${bytes:+ $bytes}${how:+ $how}"
        ;;
      S)
        take "$id"
        stage "$text"
        ;;
      D)
        if ! rest=$(dd bs="$id" count=1 iflag=fullblock status=none 2>&1 >&6) && [ -z "$unstaged" ]; then
          unstaged=${rest:-it could not be written}
          tell unstaged
        fi
        ;;
      U)
        drop_staged_file
        ;;
      R)
        take "$bytes"
        # What was cut off by the end of the link does not end with the nonce, and must not run.
        case $text in *"# $nonce") ;; *) break ;; esac
        [ -z "$job" ] || wait "$job" 2>/dev/null
        exec 6>&-
        running=$id mode=$how
        if [ -n "$refused" ]; then
          refused=''
          say end "$id"
          continue
        fi
        if [ "$mode$relayed" = u ]; then
          serve_relayed
          exit
        fi
        start_job
        ;;
      B)
        # It has told its end: nothing below it is to be looked for.
        [ -z "$job" ] || wait "$job" 2>/dev/null
        job=''
        break
        ;;
      K)
        [ "$id" = "$running" ] && [ "$mode" = i ] && { stop_job; say stopped "$id"; }
        ;;
    esac
  done
  finish
}

# serve_relayed: go on in a process whose two streams are relayed, so that what must not be interrupted outlives the link.
# Started only when it is needed. The processes around it wait; none of them keeps the lock. All is redirected by exec:
# sh keeps a copy of what a group or a function redirects, and busybox puts it back before an exit trap runs.
serve_relayed() {
  relayed=yes
  exec 7<&0
  {
    exec 4>&1
    { exec <&7 7<&- 2>&1 >&4 4>&-; start_job; serve; } | { exec >&2 4>&- 7<&- 9>&-; relay; } &
    exec >/dev/null 4>&- 7<&- 9>&-
    wait
  } | { exec 7<&- 9>&-; relay; } &
  exec 7<&- 9>&-
  trap - TERM INT HUP
  wait
}

say hello "$$"
serve
