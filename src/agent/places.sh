# Where a program works, or believes what it finds, at several places. Sent along with what asks for it: few requests do.

# shellcheck disable=SC2317,SC2154,SC2034 # requests use these functions, and they those of owner.sh
# shellcheck disable=SC2030,SC2031 # what a subshell changes is its own
# Exit code of what was not begun.
refused_rc=97

# by_owners COUNT PATH HOW ... CODE WORD...: as by_owner, for a program that believes what it finds at so many places. The first one
# decides; where that is root, all of them have to be root's. Nothing is begun where others could exchange what is believed.
by_owners() (
  odd='' owned='' former=- also='-o -type f ( ! -uid 0 -o -perm /022 )'
  places=$1
  shift
  survey_places "$places" "$@"
  first=yes
  while [ "$places" -gt 0 ]; do
    whose "$1" "$2"
    asked=$1 places=$((places - 1))
    shift 2
    case $first$by in
      yes[0-9]*) break ;;
      yes | '') first='' ;;
      *) refuse_owner; exit ;;
    esac
  done
  shift $((places * 2))
  code=$1 shared='' also=''
  shift
  case $by in
    '') eval "$code" ;;
    *) as_user "$by" "$code" "$@" || explain_owner $? ;;
  esac
)

# survey_places COUNT PATH HOW ...: all of them by one find.
survey_places() {
  turn=$1
  shift
  while [ "$turn" -gt 0 ]; do
    turn=$((turn - 1)) place=$1
    shift 2
    set -- "$@" "$place"
  done
  shift "$(($# - places))"
  survey_way "$@"
}

# refuse_owner: root would work at $asked, or believe what is there.
refuse_owner() {
  case $by in
    shared) printf 'refused: root leaves %s alone: others than root may write to %s, and exchange what is there at any moment\n' "$asked" "$why" ;;
    never) printf 'refused: root leaves %s alone: it cannot be told whose it is: %s\n' "$asked" "$why" ;;
    *) printf 'refused: root leaves %s alone: %s belongs to the user %s, who can exchange what is there at any moment\n' "$asked" "$why" "$(name_of "$by")" ;;
  esac >&2
  return "$refused_rc"
}

# judge_code: of the file or folder $real: who may write it.
judge_code() {
  at=$real
  case $at in
    *"$tab"* | *"$newline"*) fact=$(find -P "$at" -maxdepth 0 -printf '%y %U %G %m' 2>/dev/null) ;;
    *) case $odd in *"$newline$at$tab"*) fact=${odd#*"$newline$at$tab"} fact=${fact%%"$newline"*} ;; *) return ;; esac ;;
  esac
  # shellcheck disable=SC2086 # words
  set -- ${fact#? }
  if [ "${1:-0}" != 0 ]; then by=$1 why=$at
  elif [ $((0${3:-0} & 02)) != 0 ]; then by=shared why=$at
  elif [ $((0${3:-0} & 020)) != 0 ] && is_joined "$2"; then by=shared why=$at
  fi
}
