import { decodeMarker } from './queries/markers.js';
import type { ScriptStep } from './step.js';

/** A note on a host that a handler is still due. */
export interface PendingNote {
  /** the handler, with its role in front: `app : reload the application` */
  readonly handler: string;
  /** the user who noted it: a handler that runs as another one takes no notice of it */
  readonly user: string;
  readonly since: Date;
  /** the file on the host */
  readonly path: string;
  /** what the run that noted it said of itself; undefined: nothing */
  readonly by: string | undefined;
}

const FIELDS = 5;
/** The notes of one user that are read. */
const MOST = 200;
/** characters of what one of them says that are shown */
const LONGEST = 200;

/** All notes of the host: root sees those of every user, each read with the rights of that user; others see their own. */
export const listNotes: ScriptStep = {
  kind: 'script',
  code: `${eachUser(`n=0
for note in "$1"/pending/*; do
  [ -f "$note" ] && [ ! -L "$note" ] && [ $n -lt ${MOST} ] || continue
  n=$((n + 1)) name='' by=''
  { IFS= read -r name; IFS= read -r by; } <"$note"
  printf '%s\\0%s\\0%s\\0%s\\0%s\\0' "$2" "$(stat -c %Y -- "$note")" "$note" "$name" "$by"
done`)}`,
};

/** Remove notes, and the files that were kept for their handlers. They are named as they lie in their folder. */
export function forgetNotes(notes: readonly PendingNote[]): ScriptStep {
  return {
    kind: 'script',
    code: eachUser(`rc=0 home=$1 user=$2
shift 2
while [ $# -gt 1 ]; do
  if [ "$1" = "$user" ]; then rm -rf -- "$home/previous/$2" && rm -f -- "$home/pending/$2" || rc=1; fi
  shift 2
done
[ $rc = 0 ]`),
    args: notes.flatMap(({ user, path }) => [user, path.slice(path.lastIndexOf('/') + 1)]),
  };
}

/** @param stdout of listNotes. What names nothing (a crash has cut it off) is left out. */
export function readNotes(stdout: string): PendingNote[] {
  const fields = stdout.split('\0');
  const notes: PendingNote[] = [];
  for (let at = 0; at + FIELDS < fields.length; at += FIELDS) {
    const [user = '', since = '', path = '', name = '', by = ''] = fields.slice(at, at + FIELDS);
    const seconds = Number(since);
    if (name === '' || !Number.isSafeInteger(seconds)) continue;
    for (const handler of decodeMarker(name))
      notes.push({
        handler: handler.slice(0, LONGEST),
        user: user.slice(0, LONGEST),
        since: new Date(seconds * 1000),
        path,
        by: by === '' ? undefined : by.slice(0, LONGEST),
      });
  }
  return notes;
}

/** sh that runs code for every user who may have notes: "$1" is the folder, "$2" the user's name, and the step's words follow. */
function eachUser(code: string): string {
  return `all='${code.replaceAll("'", `'\\''`)}'
own() ( eval "$all" )
who=$(id -un)
own "$state" "$who" "$@" || exit 1
[ "$uid" = 0 ] || exit 0
getent passwd | {
  rc=0 seen=' '
  while IFS=: read -r who _ number _ _ home _; do
    if [ "$number" = 0 ] || [ ! -d "$home/.local/state/provision/pending" ]; then continue; fi
    case $seen in *" $number "*) continue ;; esac
    seen="$seen$number "
    as_user "$number" "$all" "$home/.local/state/provision" "$who" "$@" </dev/null || rc=1
  done
  [ $rc = 0 ]
}`;
}
