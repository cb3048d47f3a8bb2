# Who decides about a path. The first folder or link on the way that is not root's decides who works there: whoever owns it can
# put a link in the place of whatever lies below, at any moment. So that is done with that user's rights, and root follows
# nobody's links but its own. An agent that is not root works with its own rights everywhere.

# shellcheck disable=SC2317,SC2154,SC2034 # scripts and files.sh use these functions and variables
# shellcheck disable=SC2030,SC2031 # what a subshell changes is its own
# shellcheck disable=SC2016 # code for another shell
newline='
' tab='	' odd='' shared='' owned='' former=- blind='' also='' theirs='' within=300

# survey PATH...: those of these paths that are not simply root's are added to $odd: links, folders of others and folders that
# others may write to. A line each: path, type, uid, gid, mode. A find that cannot do this would find nothing odd: it has to tell of / first.
# $also: more that counts, where files are asked about.
survey() {
  [ "$uid" = 0 ] || return 0
  # shellcheck disable=SC2086 # words
  found=$(find -P / "$@" -maxdepth 0 \( -path / -printf '.\n' \) , \( -type l -o -type d \( ! -uid 0 -o -perm /022 \) $also \) -printf '%p\t%y %U %G %m\n' 2>/dev/null)
  case $found in
    .) ;;
    .*) odd="${odd:-$newline}${found#.}$newline" ;;
    *) odd=${odd:-$newline} blind=yes ;;
  esac
}

# survey_way PATH...: the paths and every folder above them.
survey_way() {
  [ "$uid" = 0 ] || return 0
  ways=$#
  while [ "$ways" -gt 0 ]; do
    way='' ahead=$1 ways=$((ways - 1))
    shift
    while [ -n "$ahead" ]; do
      step=${ahead%%/*}
      case $ahead in */*) ahead=${ahead#*/} ;; *) ahead='' ;; esac
      case $step in
        '' | .) ;;
        ..) way=${way%/*} ;;
        *) way=$way/$step; set -- "$@" "$way" ;;
      esac
    done
  done
  survey "$@"
}

# whose PATH HOW: from what the survey has found. HOW: entry (what is at that name itself), follow (what a link there leads to),
# inside (what is below it) or code (as follow; whoever may write what is there decides, too. The survey has to be with $also).
# $by: empty: root alone; a uid: that user, to whom $why belongs; shared: root, but others may exchange the names in $why; never: nobody,
# because of $why. $real: the path with root's links followed.
whose() {
  by='' why='' real=$1
  [ -n "$odd" ] || return 0
  [ -z "$blind" ] || { by=never why="find on this host is not the one of findutils"; return; }
  real='' left=$1 open='' shaky='' hops=0
  # Files of one folder come one after the other.
  if [ "${1%/*}" = "$former" ]; then real=$former left=${1##*/}; fi
  while [ -n "$left" ]; do
    part=${left%%/*}
    case $left in */*) left=${left#*/} ;; *) left='' ;; esac
    case $part in
      '' | .) continue ;;
      ..) real=${real%/*} open=''; survey_way "$real/$left"; continue ;;
    esac
    at=$real/$part guarded=$open
    if [ -n "$open" ]; then
      case $owned in
        *"$newline$at$tab"*) owner=${owned#*"$newline$at$tab"} owner=${owner%%"$newline"*} ;;
        *)
          owner=$(find -P "$at" -maxdepth 0 -printf %U 2>/dev/null)
          owned="${owned:-$newline}$at$tab$owner$newline"
          ;;
      esac
      case $owner in
        0) [ "$open" = sticky ] || shaky=${shaky:-$real} ;;
        '') by=shared why=${real:-/} ;;
        *) by=$owner why=$at ;;
      esac
      if [ -n "$by" ]; then real=$at${left:+/$left}; return; fi
      open=''
    fi
    case $left in *[!/]*) last='' ;; *) last=${2%code} last=${last:-follow} ;; esac
    if [ -n "$last" ] && [ -z "$guarded$shaky" ] && [ "$real" = "${1%/*}" ]; then former=$real; fi
    if [ "$last" = entry ]; then real=$at; break; fi
    fact=''
    case $part in
      *"$tab"* | *"$newline"*) fact=$(find -P "$at" -maxdepth 0 \( -type l -o -type d \) -printf '%y %U %G %m' 2>/dev/null) ;;
      *) case $odd in *"$newline$at$tab"*) fact=${odd#*"$newline$at$tab"} fact=${fact%%"$newline"*} ;; esac ;;
    esac
    case $fact in
      l*)
        # Whether it is root's, and where it leads, is asked at two moments.
        if [ -n "$shaky" ]; then by=shared why=$shaky real=$at${left:+/$left}; return; fi
        hops=$((hops + 1))
        [ "$hops" -le 40 ] || { by=never why='there are too many links on the way'; return; }
        target=$(readlink -n -- "$at" && echo /)
        left=${target%/}/$left
        case $left in /*) real='' ;; esac
        survey_way "$real/$left"
        ;;
      d*)
        # shellcheck disable=SC2086 # words
        judge ${fact#d }
        ;;
      *) real=$at ;;
    esac
    if [ -n "$by" ]; then real=$at${left:+/$left}; return; fi
  done
  real=${real:-/}
  if [ -n "$open" ] && [ "$2" = inside ]; then shaky=$real; fi
  [ -z "$shaky" ] || by=shared why=$shaky
  if [ "$2" = code ] && [ -z "$by" ]; then judge_code; fi
}

# judge UID GID MODE: of the folder $at. Where it is the last part of a path, and not entered, whose it is does not matter.
judge() {
  real=$at
  if [ "$last" = follow ]; then return; fi
  if [ "$1" != 0 ]; then by=$1 why=$at; return; fi
  bits=$((0$3))
  if [ $((bits & 022)) = 0 ]; then return; fi
  if [ $((bits & 01000)) != 0 ]; then open=sticky
  elif [ $((bits & 02)) != 0 ] || is_joined "$2"; then open=yes
  fi
}

# is_joined GID: somebody besides root is in the group, or $at has an access list.
is_joined() {
  case $(ls -ld -- "$at" 2>/dev/null) in ??????????+*) return 0 ;; esac
  members=$(getent group "$1")
  case ${members##*:} in '' | root) ;; *) return 0 ;; esac
  case "$newline$(getent passwd | cut -d: -f3,4 | grep -v '^0:' | tr ':\n' ' :')" in *" $1:"*) return 0 ;; esac
  return 1
}

# by_owner PATH HOW CODE WORD...: run CODE, in which "$@" is the words, with the rights that PATH asks for. Stdin goes on to it.
by_owner() (
  odd='' owned='' former=-
  survey_way "$1"
  whose "$1" "$2"
  asked=$1 code=$3
  shift 3
  case $by in
    '') shared=''; eval "$code" ;;
    shared) ( shared=yes; eval "$code" ) || explain_owner $? ;;
    never) explain_owner 1 ;;
    *) as_user "$by" "$code" "$@" || explain_owner $? ;;
  esac
)

# explain_owner RC: why it may have failed; ends with that code.
explain_owner() {
  [ "$1" != 124 ] || [ -z "$within" ] ||
    printf '%s: what is done there had not ended after %s s\n' "$asked" "$within" >&2
  case $by in
    shared) printf '%s: others than root may write to %s\n' "$asked" "$why" ;;
    never) printf '%s: it cannot be told whose it is: %s\n' "$asked" "$why" ;;
    *) printf "%s: %s belongs to the user %s; what is done there is done with that user's rights\n" "$asked" "$why" "$(name_of "$by")" ;;
  esac >&2
  return "$1"
}

# name_of UID: of the user, or the number.
name_of() {
  entry=$(getent passwd "$1")
  printf %s "${entry%%:*}"
  [ -n "$entry" ] || printf %s "$1"
}

# as_user UID CODE WORD...: run CODE with that user's rights. Its code comes over a pipe and not by argv, which everybody can read; both
# of its streams are relayed, so that no stream of the agent gets into the hands of that user's processes. That user can hold them still
# at any time: after $within seconds (empty: whatever it takes) they are ended.
as_user() {
  who=$1 code=$2
  shift 2
  entry=$(getent passwd "$who") gid=65534 groups=--clear-groups home=/
  if [ -n "$entry" ]; then
    rest=${entry#*:*:*:}
    gid=${rest%%:*} rest=${rest#*:*:}
    home=${rest%:*} groups=--init-groups
  fi
  {
    rc=$(
      {
        {
          {
            printf '%s\n' "$files" "shared='' look='' tab='$tab' by=$who theirs=yes" "$code" | {
              exec 8<&0 <&7 3>&- 4>&- 5>&- 6>&- 7<&-
              # Variables of the task are for that user as well; sudo's and sshd's say who logged in.
              export HOME="$home"
              exec ${within:+timeout -k 5 "$within"} setpriv --reuid "$who" --regid "$gid" "$groups" --no-new-privs -- \
                sh -c 'code=$(cat <&8) && exec 8<&- && eval "$code"' sh "$@"
            }
            printf %s "$?" >&5
          } 2>&1 >&6 | cat >&4
        } 6>&1 | cat >&3
      } 5>&1
    )
  } 3>&1 4>&2 7<&0
  return "${rc:-1}"
}

# recurse FOLDER OWNER MODE: the attributes of all below it. What lies in folders that are root's alone is changed as root; below those of
# a user with that user's rights. chmod comes before chown, which makes folders somebody else's.
recurse() (
  odd='' owned='' former=-
  survey_way "$1"
  whose "$1" inside
  asked=$1
  case $by in
    '') ;;
    shared | never) explain_owner 1; exit ;;
    *) as_user "$by" 'set_below "$@"' "$1" "$2" "$3" || explain_owner $?; exit ;;
  esac
  recurse_own "$real" "$2" "$3" || exit
  # chown takes setuid and setgid away.
  case $2:$3 in
    :*) ;;
    *:*[st]* | *:0[1-7]??? | *:0[1-7]????) recurse_own "$real" '' "$3" ;;
  esac
)

# recurse_own FOLDER OWNER MODE: of a folder that is root's alone.
recurse_own() {
  if [ "$uid" != 0 ]; then set_below "$@"; return; fi
  others=$(find -P "$1" -mindepth 1 -type d \( ! -uid 0 -o -perm /022 \) -printf '%U %G %m %p\n' -prune) || return 1
  if [ -n "$3" ]; then
    find -P "$1" -mindepth 1 \( ! -type l -exec chmod -- "$3" {} + \) , \( -type d \( ! -uid 0 -o -perm /022 \) -prune \) || return 1
  fi
  while IFS=' ' read -r holder_uid holder_gid bits at; do
    [ -n "$at" ] || continue
    ( recurse_other "$2" "$3" ) || return 1
  done <<END
$others
END
  [ -z "$2" ] || {
    # What is deeper first: a folder that is given away must not be gone through any more.
    find -P "$1" -mindepth 1 \( -print0 \) , \( -type d \( ! -uid 0 -o -perm /022 \) -prune \) |
      tac -s '' | xargs -0 -r chown -h -- "$2"
  }
}

# recurse_other OWNER MODE: below $at, which is somebody else's, or which others may write to.
recurse_other() {
  asked=$at why=$at by=$holder_uid
  if [ "$by" != 0 ]; then
    as_user "$by" 'set_below "$@"' "$at" "$@" || explain_owner $?
  elif [ $((0$bits & 02)) != 0 ] || is_joined "$holder_gid"; then
    by=shared
    explain_owner 1
  else
    # Its own mode would lead here again: its entries are looked at one by one.
    for at in "$at"/* "$at"/.[!.]* "$at"/..?*; do
      [ -e "$at" ] || [ -L "$at" ] || continue
      [ -z "$2" ] || [ -L "$at" ] || chmod -- "$2" "$at" || return 1
      if [ -d "$at" ] && [ ! -L "$at" ]; then
        bits=$(stat -c '%u %g %a' -- "$at") || return 1
        holder_uid=${bits%% *} bits=${bits#* }
        holder_gid=${bits% *} bits=${bits#* }
        if [ "$holder_uid" = 0 ] && [ $((0$bits & 022)) = 0 ]; then
          recurse_own "$at" "$1" "$2" || return 1
        else
          ( recurse_other "$1" "$2" ) || return 1
        fi
      fi
      [ -z "$1" ] || chown -h -- "$1" "$at" || return 1
    done
  fi
}

# each_owner HOW CODE PATH...: run CODE, in which "$@" is paths, once for all that ask for the same rights. What nobody may look at is
# left out: owners says so. Where others may exchange names, CODE follows nothing: $look is -P. The status is the worst of all.
each_owner() {
  how=$1 code=$2 worst=0 look=''
  shift 2
  if [ -z "$odd" ]; then eval "$code"; return; fi
  classes='' users=''
  for path do
    whose "$path" "$how"
    case $by in
      '') class=root ;;
      shared) if [ "$how" = entry ]; then class=root; else class=shared; fi ;;
      never) class=none ;;
      *) class=$by; case " $users " in *" $by "*) ;; *) users="$users $by" ;; esac ;;
    esac
    classes="$classes $class"
  done
  case $classes in *shared*) users="shared $users" ;; esac
  for user in root $users; do
    (
      for class in $classes; do
        path=$1
        shift
        [ "$class" != "$user" ] || set -- "$@" "$path"
      done
      if [ $# = 0 ]; then :
      elif [ "$user" = root ]; then eval "$code"
      elif [ "$user" = shared ]; then look=-P && eval "$code"
      else as_user "$user" "$code" "$@"
      fi
    ) || { rc=$?; [ "$rc" -le "$worst" ] || worst=$rc; }
  done
  return "$worst"
}

# owners HOW PATH...: tells which of the paths are not root's alone. NUL after each field: how, path, whose, why, and who that is (id).
owners() {
  how=$1
  shift
  [ -n "$odd" ] || return 0
  for path do
    whose "$path" "$how"
    case $by in
      '') continue ;;
      shared | never) person='' ;;
      *) person=$(id -- "$(name_of "$by")" 2>/dev/null) ;;
    esac
    printf '%s\0%s\0%s\0%s\0%s\0' "$how" "$path" "$by" "$why" "$person"
  done
}

# content_sums FROM TO SECONDS exec|'': sha256sum of the files $content_FROM and on that are there.
content_sums() {
  i=$1 end=$2 sum="timeout -k 1 $3"
  code='if [ -n "$look" ]; then sum_unfollowed "$@"; else '"$4 $sum"' sha256sum -- "$@"; fi'
  set --
  while [ "$i" -lt "$end" ]; do
    eval "f=\$content_$i"
    [ ! -f "$f" ] || set -- "$@" "$f"
    i=$((i + 1))
  done
  [ $# = 0 ] || each_owner follow "$code" "$@"
}

# content_show INDEX MOST: the content of the file $content_INDEX, at most so many bytes; or 10: it is the same, 13: it has been sent
# already, 11: there is none, 12: it cannot be read, 14: it differs from what is asked about, and is not shown because others may
# exchange it.
content_show() {
  case $content_same in *" $1 "*) code 10; return ;; esac
  case $content_sent in *" $1 "*) code 13; return ;; esac
  eval "f=\$content_$1"
  whose "$f" follow
  case $by in
    '') show_content "$f" "$2" 11 12 ;;
    shared)
      case $sums in *"  $f$newline"*) code 14; return ;; esac
      if [ -e "$f" ] || [ -L "$f" ]; then code 12; else code 11; fi
      ;;
    never) code 11 ;;
    *) as_user "$by" 'show_content "$@"' "$f" "$2" 11 12 ;;
  esac
}

# content_see INDEX LINE: whether the file is as this line of sha256sum says ($content_same), or is one to be sent along with others ($ones).
content_see() {
  case $sums in *"$newline$2$newline"*) content_same="$content_same$1 "; return ;; esac
  case $sums in *"${2#*  }$newline"*) ;; *) return ;; esac
  eval "f=\$content_$1"
  whose "$f" follow
  [ -n "$by" ] || [ ! -f "$f" ] || [ ! -r "$f" ] || ones="$ones $1"
}

# content_send SMALL SECONDS: the files $ones that are not larger, by one cat: a line of their sizes, and the contents. $content_sent: those.
content_send() {
  small=$1 most=$2
  set --
  for one in $ones; do eval "set -- \"\$@\" \"\$content_$one\""; done
  [ $# -gt 1 ] || return 0
  sizes=$(find -L "$@" -maxdepth 0 -printf '%s ')
  for one in $ones; do
    f=$1 size=${sizes%% *} sizes=${sizes#* }
    shift
    # Files of the kernel tell no size.
    if [ "$size" -le 0 ] || [ "$size" -gt "$small" ]; then continue; fi
    set -- "$@" "$f"
    content_sent="$content_sent$one "
    printf '%s:%s ' "$one" "$size"
  done
  echo
  [ $# = 0 ] || timeout -k 1 "$most" cat -- "$@"
}
