import type { Answers, ScriptQuery } from '../../agent/query.js';
import { MissingPrerequisiteError, TaskError } from '../../errors.js';

/** A user's authorized_keys file with its folder, as they are. */
export interface KeyFile {
  readonly path: string;
  readonly folder: string;
  readonly owner: string;
  readonly group: string;
  readonly folderState: EntryState;
  readonly fileState: EntryState;
  readonly text: string;
}

export interface EntryState {
  readonly type: 'absent' | 'file' | 'directory' | 'link' | 'other';
  /** four octal digits */
  readonly mode: string;
  readonly owner: string;
}

/** The most bytes of a file that are read: no file of keys comes near. */
const MOST = 1024 * 1024;

// The home folder is known to the host alone: asking for it first would cost a round trip for every host in sync. What is in it is read
// with the rights of its owner: a link there could lead anywhere.
const READ = `user=$1 path=$2
entry=$(getent passwd "$user" 2>/dev/null) || entry=$(awk -F: -v u="$user" '$1 == u' /etc/passwd)
[ -n "$entry" ] || exit 3
rest=\${entry#*:*:} own=\${rest%%:*} rest=\${rest#*:*:*:} home=\${rest%%:*}
[ -n "$path" ] || path=$home/.ssh/authorized_keys
printf '%s\\n' "$path"
id -gn "$user"
by_owner "$path" entry '
state() {
  if [ -L "$1" ]; then echo "link 0777 -"
  elif [ ! -e "$1" ]; then echo "absent 0000 -"
  elif [ -d "$1" ]; then stat -c "directory %a %U" -- "$1"
  elif [ -f "$1" ]; then stat -c "file %a %U" -- "$1"
  else echo "other 0000 -"
  fi
}
who=
case $by in
  shared) echo "shared $why"; exit ;;
  "" | "$2") ;;
  *) who=$(id -un 2>/dev/null || id -u) ;;
esac
echo "by $who"
state "\${1%/*}"
state "$1"
[ ! -f "$1" ] || [ -L "$1" ] || dd if="$1" iflag=nofollow,nonblock,fullblock bs=${MOST + 1} count=1 status=none' "$path" "$own"
`;

export function keyFileQuery(user: string, path: string | undefined): ScriptQuery {
  return { kind: 'script', code: READ, args: [user, path ?? ''] };
}

/** @throws MissingPrerequisiteError when there is no such user */
export function readKeyFile(user: string, path: string | undefined, answers: Answers): KeyFile {
  const { rc, stdout, stderr } = answers.get<'script'>(keyFileQuery(user, path));
  if (rc === 3) {
    throw new MissingPrerequisiteError(`the user "${user}" does not exist`, {
      hint: 'make it with `user` in an earlier task',
    });
  }
  const [file, group, decider, folderState, fileState, ...rest] = stdout.split('\n');
  requireRights(user, file ?? '', decider ?? '');
  if (
    rc !== 0 ||
    file === undefined ||
    group === undefined ||
    folderState === undefined ||
    fileState === undefined
  ) {
    throw new TaskError(`the keys of ${user} cannot be read`, {
      hint: 'become: true',
      detail: stderr.split('\n').filter(Boolean),
    });
  }
  const text = rest.join('\n');
  if (Buffer.byteLength(text) > MOST) {
    throw new TaskError(`${file} is larger than 1 MiB and was left alone`, {
      hint: 'a file of keys is a few lines: look at what is in it',
    });
  }
  return {
    path: file,
    folder: file.slice(0, Math.max(1, file.lastIndexOf('/'))),
    owner: user,
    group,
    folderState: parseState(folderState),
    fileState: parseState(fileState),
    text,
  };
}

/** @throws TaskError where the file is in a folder of somebody else's: it cannot be given to the user there */
function requireRights(user: string, file: string, decider: string): void {
  const [kind, ...words] = decider.split(' ');
  const who = words.join(' ');
  if (kind === 'shared') {
    throw new TaskError(`${file} is left alone: others than root may write to ${who}`, {
      detail: ['they could put keys of theirs, or a link, in its place at any moment'],
      hint: `take their right to write there away (chmod go-w ${who}), or keep the keys elsewhere`,
    });
  }
  if (kind !== 'by' || who === '') return;
  throw new TaskError(`${file} cannot be given to ${user}: it is in a folder of ${who}'s`, {
    detail: [
      `${who} can exchange whatever is below it: it is changed with the rights of ${who} and not as root`,
    ],
    hint: `keep keys of ${user}'s in a folder of ${user}'s, or in one that is root's all the way`,
  });
}

function parseState(line: string): EntryState {
  const [type = '', mode = '', owner = ''] = line.split(' ');
  return { type: TYPES.find((one) => one === type) ?? 'other', mode: mode.padStart(4, '0'), owner };
}

const TYPES = ['absent', 'file', 'directory', 'link', 'other'] as const;
