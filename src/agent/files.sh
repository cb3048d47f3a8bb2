# What is done with files. It runs in the agent's own process, or in one of a user whose folder it is (owner.sh): nothing in here
# asks who that is. `shared` is set where the names of a folder of root's may be exchanged by others at any moment: there
# everything is made in a folder that nobody else can enter, and put in its place by rename, which follows nothing.

# shellcheck disable=SC2317,SC2154 # scripts call these functions
# shellcheck disable=SC2015 # where the first of two fails, so shall the third
# shellcheck disable=SC2030,SC2031 # what a subshell changes is its own
unset CDPATH

# put_file PATH MODE OWNER GROUP BACKUP CHECK DECODE STAGED: replace a whole file; a link is replaced, not followed. The content
# comes on stdin, for DECODE (base64 -d, or cat) to read, or is in the file STAGED already. CHECK is sh that sees the candidate as $new.
put_file() {
  path=$1 folder=${1%/*} name=${1##*/} new=$8 target=$1 private=''
  trap 'drop_new' EXIT
  trap 'exit 143' TERM INT HUP
  if [ -z "$new" ]; then
    missing_folder && return 1
    if [ -n "$shared" ]; then
      enter_private || return 1
      new=./file target=../$name
    else
      # Names have 255 bytes at most.
      [ "${#name}" -le 50 ] || name='file'
      new=$(mktemp -- "$folder/.$name.provision-XXXXXX") || return 1
    fi
    size=''
    if ! $7 >"$new" || [ "$size" != "${size:+$(stat -c %s -- "$new")}" ]; then
      printf '%s: the content could not be written\n' "$path" >&2
      return 1
    fi
  fi
  [ -n "$private" ] || exec 8<"$new"
  owner=$3 group=$4 bits=$2
  if [ -f "$target" ] && [ ! -L "$target" ]; then
    rest=$(stat -c '%u %g %a' -- "$target") || return 1
    bits=${bits:-${rest##* }} rest=${rest% *}
    # What is ours by itself is not given to us: a sandbox may refuse chown altogether.
    if [ -n "$owner$group" ] || [ ! -O "$target" ] || [ ! -G "$target" ]; then
      owner=${owner:-${rest% *}} group=${group:-${rest#* }}
    fi
  fi
  [ -z "$owner$group" ] || chown -- "$owner${group:+:$group}" "$new" || return 1
  chmod -- "${bits:-0644}" "$new" || return 1
  # shellcheck disable=SC2030 # the candidate's whole path is for the validation alone
  if [ -n "$6" ] && ! ( exec 8<&-; [ -z "$private" ] || new=$PWD/file; eval "$6" ); then
    printf '%s: the new content does not pass its validation; the file is left as it was\n' "$path" >&2
    return 1
  fi
  [ -z "$5" ] || keep_backup || return 1
  sync -- "$new" 2>/dev/null || sync
  mv -fT -- "$new" "$target" || return 1
  new=''
  sync -- "${folder:-/}" 2>/dev/null || sync
}

# read_file PATH: its content. Who owns it can put a pipe in its place at any moment, whose writer nobody waits for.
read_file() {
  dd if="$1" iflag=nonblock,fullblock bs=1M status=none
}

# sum_file PROGRAM PATH: what sha256sum, or the like, prints of a regular file's content.
sum_file() {
  [ -f "$2" ] || return 1
  sum=$({ { read_file "$2" || echo '!' >&3; } | "$1"; } 3>&1)
  case $sum in *!*) return 1 ;; esac
  printf '%s\n' "$sum"
}

# keep_backup: the file that is there, beside it. Made and renamed like every other file: at its name there may be a link.
keep_backup() {
  [ -e "$target" ] || return 0
  [ -z "$shared" ] || { printf '%s: others may write to its folder, so no backup is kept there\n' "$path" >&2; return 1; }
  # shellcheck disable=SC2031
  kept=$(mktemp -- "${new%/*}/.${name%"${name#??????????????????????????????}"}.provision-XXXXXX") || return 1
  cp -p -- "$target" "$kept" && mv -fT -- "$kept" "$target.$(date +%Y%m%dT%H%M%S)~" || { rm -f -- "$kept"; return 1; }
}

# enter_private: go into a new folder beside PATH that is this user's alone. What is in it cannot be exchanged; where it lies is
# compared, because its own name can be.
enter_private() {
  # Links of root's on the way have been followed already.
  [ -z "${real:-}" ] || folder=${real%/*}
  cd -P -- "${folder:-/}" || return 1
  if [ "${PWD%/}" != "$folder" ] || [ ! -O . ]; then
    printf '%s: %s was exchanged meanwhile\n' "$path" "${folder:-/}" >&2
    return 1
  fi
  private=$(mktemp -d -- "./.files.provision-XXXXXX") && cd -P -- "$private" || return 1
  if [ "$PWD" = "$folder/${private#./}" ] && [ -O . ]; then exec 8<.; return; fi
  printf '%s: %s was exchanged meanwhile\n' "$path" "$folder/${private#./}" >&2
  private='' new=''
  return 1
}

# enter_folder FOLDER: go there where it is what it was taken for: whatever names are exchanged from now on, this is the folder.
enter_folder() {
  cd -P -- "${1:-/}" 2>/dev/null && [ "${PWD%/}" = "$1" ] && [ -O . ] && return
  printf '%s was exchanged meanwhile\n' "${1:-/}" >&2
  return 1
}

# sum_unfollowed PATH...: as sha256sum, of root's files whose names others may exchange: no link is followed, in no part of the
# way, and no pipe waited for. Of what has a second name nothing is said: it might be a file that is not for those others.
sum_unfollowed() (
  for path do
    # sha256sum writes these otherwise.
    case $path in *"$newline"* | *\\*) continue ;; esac
    (
      whose "$path" entry
      enter_folder "${real%/*}" || exit
      [ "$(find -P "./${path##*/}" -maxdepth 0 -type f -uid 0 -printf %n)" = 1 ] || exit
      sum=$(timeout 60 dd if="./${path##*/}" iflag=nofollow,nonblock bs=64K status=none | sha256sum)
      printf '%s  %s\n' "${sum%% *}" "$path"
    ) 2>/dev/null
  done
)

# drop_new: what was begun and did not get to its place.
drop_new() {
  if [ -n "$private" ]; then
    rm -rf -- ./file
    cd .. && rmdir -- "$private"
  elif [ -n "$new" ]; then
    rm -rf -- "$new"
  fi
}

# stage_files PATH: what is written in the current folder from now on will be put where PATH is going to be, by place_files. Like
# put_file, for many: the programs are started once for all of them.
stage_files() {
  path=$1 folder=${1%/*} new='' private=''
  trap 'drop_staged' EXIT
  trap 'exit 143' TERM INT HUP
  missing_folder && return 1
  if [ -n "$shared" ]; then enter_private; return; fi
  new=$(mktemp -d -- "$folder/.files.provision-XXXXXX") && cd -- "$new" && exec 8<.
}

drop_staged() {
  [ -z "$private" ] || { new=../$private && rm -rf -- ./* ./.[!.]*; }
  [ -z "$new" ] || rm -rf -- "$new"
}

# place_files MODE OWNER GROUP NAME...: all of them, in the folder that they are for. 1: none has got there; 2: some may have.
place_files() {
  bits=$1 owner=$2 group=$3 target=${private:+..}
  target=${target:-${folder:-/}}
  shift 3
  for name do
    path=$target/${name#./}
    if [ -n "$owner" ] && [ -n "$group" ]; then break; fi
    if [ ! -f "$path" ] || [ -L "$path" ] || { [ -O "$path" ] && [ -G "$path" ]; }; then continue; fi
    rest=$(stat -c '%u:%g' -- "$path") && chown -- "$rest" "$name" || return 1
  done
  [ -z "$owner$group" ] || chown -- "$owner${group:+:$group}" "$@" || return 1
  chmod -- "$bits" "$@" || return 1
  sync -- "$@" 2>/dev/null || sync
  mv -f -t "$target" -- "$@" || return 2
  sync -- "${folder:-/}" 2>/dev/null || sync
}

# put_link PATH TARGET: a symbolic link, in place of a link or a file.
put_link() {
  path=$1 folder=${1%/*} name=${1##*/} private=''
  missing_folder && return 1
  trap 'drop_new' EXIT
  trap 'exit 143' TERM INT HUP
  if [ -n "$shared" ]; then
    enter_private && new=./file target=../$name || return 1
  else
    new=$(mktemp -u -- "$folder/.provision-XXXXXX") target=$path || return 1
  fi
  ln -sT -- "$2" "$new" && mv -fT -- "$new" "$target" && new=''
}

# put_folder PATH MODE OWNER GROUP: a new folder with its attributes.
put_folder() {
  path=$1 folder=${1%/*} name=${1##*/} private='' new=''
  missing_folder && return 1
  if [ -n "$shared" ]; then
    trap 'drop_new' EXIT
    trap 'exit 143' TERM INT HUP
    enter_private && new=./file || return 1
  else
    new=$path
  fi
  mkdir -m 0700 -- "$new" || return 1
  [ -z "$3$4" ] || chown -- "$3${4:+:$4}" "$new" || return 1
  # Five digits: with four, GNU chmod keeps a folder's setgid bit.
  chmod -- "0$2" "$new" || return 1
  [ -z "$private" ] || mv -fT -- "$new" "../$name"
}

# set_attributes PATH OWNER MODE: of what is there; nothing is followed. After chown, which clears setuid.
set_attributes() {
  if [ -n "$shared" ]; then
    if [ -d "$1" ] && [ ! -L "$1" ]; then
      # A folder that has been entered is no name any more.
      ( enter_folder "${real:-$1}" && shared='' && set_attributes . "$2" "$3" )
      return
    fi
    printf '%s: others may exchange it at any moment\n' "$1" >&2
    return 1
  fi
  [ -z "$2" ] || chown -h -- "$2" "$1" || return 1
  [ -z "$3" ] || chmod -- "$3" "$1"
}

# remove HOW PATH: a whole tree, an empty folder, or a file.
remove() {
  case $1 in
    tree) rm -rf -- "$2" ;;
    folder) rmdir -- "$2" ;;
    file) rm -f -- "$2" ;;
  esac
}

# tell_files -P|-L PATH...: all that is known of them without reading them. What may be exchanged is not followed ($look). Of links that a
# user cannot follow it is told that they are there.
tell_files() {
  how=${look:-$1}
  shift
  seen='%p\0%y\0%m\0%U\0%G\0%u\0%g\0%s\0%T@\0%C@\0%i\0%l\0'
  if find "$how" / "$@" -maxdepth 0 -printf "$seen"; then return; fi
  [ "$theirs$how" != yes-L ] || find -P "$@" -maxdepth 0 -type l -printf "$seen"
}

# tell_file PATH: what is there, for put_told: a line that says what it is, and the content.
tell_file() {
  if [ -L "$1" ]; then echo link && readlink -n -- "$1"
  elif [ -f "$1" ]; then printf 'file %s\n' "$(stat -c %a -- "$1")" && cat -- "$1"
  else echo none
  fi
}

# put_told PATH: make it as tell_file has told on stdin; 10: it is so.
put_told() {
  read -r kind mode
  case $kind in
    link) put_link "$1" "$(cat)" ;;
    file)
      told=$(mktemp) && cat >"$told" || return 1
      if [ ! -L "$1" ] && cmp -s -- "$told" "$1"; then rm -f -- "$told"; return 10; fi
      ( put_file "$1" "$mode" '' '' '' '' cat '' <"$told" )
      mode=$?
      rm -f -- "$told"
      return "$mode"
      ;;
    none) if [ -e "$1" ] || [ -L "$1" ]; then rm -f -- "$1"; else return 10; fi ;;
    *) return 1 ;;
  esac
}

# tell_size PATH / sized: a line with the size goes ahead of a content that is piped, so that put_file sees whether it was whole.
tell_size() {
  [ -z "$shared" ] || return 1
  [ -f "$1" ] || { printf '%s: it is not a regular file\n' "$1" >&2; return 1; }
  stat -L -c %s -- "$1"
}
sized() {
  read -r size || size=none
  cat
}

# put_times PATH MODE OWNER GROUP FLAG...: touch(1). The attributes are those of a file that was not there.
put_times() {
  if [ -e "$1" ] || [ -L "$1" ]; then
    if [ -n "$shared" ]; then set_attributes "$1"; return; fi
    path=$1
    shift 4
    touch "$@" -- "$path"
  elif [ -n "$shared$2$3$4" ]; then
    put_file "$1" "${2:-0644}" "$3" "$4" '' '' cat '' </dev/null
  else
    touch -- "$1"
  fi
}

# set_below FOLDER OWNER MODE: of all below it; no link is followed but by chmod, which passes over those that it meets.
set_below() {
  if [ -n "$2" ]; then set_owners_below "$1" "$2" || return 1; fi
  [ -z "$3" ] || chmod -R -- "$3" "$1"
}

# set_owners_below FOLDER OWNER: of those that have another one: a user may not even give root what is root's.
set_owners_below() {
  below=$1 group=${2#"${2%%:*}"}
  group=${group#:}
  set -- "$2" "${2%%:*}"
  # shellcheck disable=SC2086 # words; no name has a blank
  find -P "$below" -mindepth 1 \( ${2:+! -user $2} ${2:+${group:+-o}} ${group:+! -group $group} \) -exec chown -h -- "$1" {} +
}

# show_content PATH MOST ABSENT UNREADABLE: at most so many bytes of a regular file; or one of the two exit codes. A pipe that was put
# there meanwhile holds nothing up.
show_content() {
  if [ ! -f "$1" ]; then return "$3"; fi
  if [ ! -r "$1" ]; then return "$4"; fi
  dd if="$1" iflag=nonblock,fullblock bs="$2" count=1 status=none 2>&1
}

# show_sum PATH SIZE WITHIN ABSENT UNREADABLE: the size of a regular file and, where it is SIZE, its sha256 in a line of its own.
show_sum() {
  if [ ! -f "$1" ]; then return "$4"; fi
  if [ ! -r "$1" ]; then return "$5"; fi
  found=$(stat -L -c %s -- "$1") || return "$5"
  printf '%s\n' "$found"
  [ "$found" != "$2" ] || timeout -k 1 "$3" sha256sum -- "$1"
}

missing_folder() {
  [ -d "${folder:-/}" ] && return 1
  printf '%s: there is no folder %s\n' "$path" "$folder" >&2
}
