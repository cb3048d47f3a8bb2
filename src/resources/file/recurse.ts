import type { Answers, ScriptQuery } from '../../agent/query.js';
import type { RecurseStep } from '../../agent/step.js';
import { TaskError } from '../../errors.js';
import { ownerArgument } from '../filesystem/attributes.js';
import { chmodArgument, formatMode, modeMask, type Mode } from '../filesystem/mode.js';
import type { Change } from '../resource.js';
import { pathOf, type FileParams } from './params.js';

const SHOWN = 10;

/**
 * Which entries below the folder differ, and whether one of them cannot be changed: asked of find, so that a large tree in sync answers
 * with nothing.
 */
export function recurseQuery(params: FileParams): ScriptQuery {
  const tests = [
    ownerTest('-user', params.owner),
    ownerTest('-group', params.group),
    modeTest(params.mode),
  ].filter((test) => test.length > 0);
  const differs = tests.flatMap((test, index) => (index === 0 ? test : ['-o', ...test]));
  return {
    kind: 'script',
    code: LOOK,
    args: [
      pathOf(params),
      String(params.owner ?? ''),
      String(params.group ?? ''),
      ...['(', ...(differs.length > 0 ? differs : ['-false']), ')'],
    ],
  };
}

// Whoever owns the folder looks, and could change there what is theirs alone. The slash: a folder behind a link is entered. What cannot be
// changed is looked for only where something differs: in the whole folder for a user, for root in the folders of users below it. To make
// root's what is a user's, root takes the folder first; what is in it can then be changed, but not below folders that are not root's yet.
const LOOK = `by_owner "$1" inside '
folder=$1 owner=$2 group=$3 newline="
"
shift 3
found=$({ find "$folder/" -mindepth 1 "$@" -print; printf "end %s\\n" "$?"; } | head -n ${SHOWN + 2})
printf "%s\\n" "$found"
case $found in /*) ;; *) exit 0 ;; esac
blocked() {
  at=$1 who=$2
  shift 2
  case " $(id -G -- "$who") $(id -Gn -- "$who") " in *" \${group:-root} "*) theirs="" ;; *) theirs=\${group:+-o ! -group $group} ;; esac
  first=$(find "$at/" -mindepth 1 "$@" \\( ! -uid "$who" \${owner:+-o ! -user $owner} $theirs \\) -print -quit)
  [ -z "$first" ] || printf "blocked\\t%s\\t%s\\t%s\\n" "$(id -un -- "$who" 2>/dev/null || echo "$who")" "$at" "$first"
}
look_below() (
  top=$1
  shift
  find "$top/" -mindepth 1 -type d \\( ! -uid 0 -o -perm /022 \\) -printf "%U %G %m %p\\n" -prune | while IFS=" " read -r who gid bits at; do
    if [ "$who" != 0 ]; then blocked "$at" "$who" "$@"
    elif [ $((0$bits & 02)) != 0 ] || is_joined "$gid"; then
      first=$(find "$at/" -mindepth 1 "$@" -print -quit)
      [ -z "$first" ] || printf "blocked\\t\\t%s\\t%s\\n" "$at" "$first"
    else look_below "$at" "$@"
    fi
  done
)
case $shared$(id -u) in
  0) look_below "$folder" "$@" ;;
  yes*) printf "blocked\\t\\t%s\\t%s\\n" "$folder" "\${found%%"$newline"*}" ;;
  *)
    case $owner in
      root | 0) find "$folder/" -mindepth 1 -type d ! -uid 0 -printf "blocked\\t%u\\t%p\\t%p\\n" -quit ;;
      *) blocked "$folder" "$(id -u)" "$@" ;;
    esac
    ;;
esac' "$@"`;

/** @throws TaskError where it cannot be told, or where one of them cannot be changed: before anything is */
export function recurseChanges(params: FileParams, answers: Answers): Change[] {
  const { rc, stdout, stderr } = answers.get<'script'>(recurseQuery(params));
  const lines = stdout.split('\n').filter(Boolean);
  if (rc !== 0 || (!lines.includes('end 0') && /Permission denied/.test(stderr)))
    throw new TaskError(`cannot look below ${pathOf(params)}`, {
      detail: stderr.split('\n').filter(Boolean),
    });
  const blocked = lines.find((line) => line.startsWith('blocked\t'));
  if (blocked !== undefined) refuseBelow(params, blocked.split('\t').slice(1));
  const entries = lines.filter((line) => line.startsWith('/'));
  if (entries.length === 0) return [];
  const listed = `${entries.slice(0, SHOWN).join(', ')}${entries.length > SHOWN ? ', …' : ''}`;
  return [
    {
      subject: pathOf(params),
      field: 'attributes below',
      before: `other: ${listed}`,
      after: wantedText(params),
    },
  ];
}

function refuseBelow(params: FileParams, [user = '', folder = '', entry = '']: readonly string[]): never {
  const path = pathOf(params);
  if (user === '') {
    throw new TaskError(`${entry} cannot be changed: others than root may write to ${folder}`, {
      detail: ['they could put a link in the place of whatever is changed there'],
      hint: 'take their right to write away first (chmod go-w), or give each of the files its attributes when it is made',
    });
  }
  throw new TaskError(`${entry} cannot be made ${wantedText(params)} below a folder of ${user}'s`, {
    detail: [
      `${folder} belongs to ${user}, who can exchange whatever is below it: it is changed with the rights of ${user} and not as root`,
    ],
    hint:
      folder === path
        ? `give the folder itself back to root once (chown root ${path}; nobody else may be able to write to it): then all below it is changed by root, and the folder last`
        : `make ${folder} root's, or all below it ${user}'s, by hand once`,
  });
}

export function recurseSteps(params: FileParams, changes: readonly Change[]): RecurseStep[] {
  if (!changes.some((change) => change.field === 'attributes below')) return [];
  const { owner, group, mode } = params;
  return [
    {
      kind: 'recurse',
      path: pathOf(params),
      ...(owner === undefined && group === undefined ? {} : { owner: ownerArgument(owner, group) }),
      ...(mode === undefined ? {} : { mode: chmodArgument(mode) }),
    },
  ];
}

function ownerTest(test: '-user' | '-group', wanted: string | number | undefined): string[] {
  return wanted === undefined ? [] : ['!', test, String(wanted)];
}

/** Links have no permissions; directories, executables and other files may want different ones (X). */
function modeTest(mode: Mode | undefined): string[] {
  if (mode === undefined) return [];
  const differs = (type: 'directory' | 'executable' | 'plain'): string[] => {
    const { set, clear } = modeMask(mode, type);
    return [
      '(',
      '!',
      '-perm',
      `-${formatMode(set)}`,
      ...(clear === 0 ? [] : ['-o', '-perm', `/${formatMode(clear)}`]),
      ')',
    ];
  };
  return [
    '(',
    ...['-type', 'd', ...differs('directory')],
    ...['-o', '-type', 'f', '-perm', '/0111', ...differs('executable')],
    ...['-o', '-type', 'f', '!', '-perm', '/0111', ...differs('plain')],
    ')',
  ];
}

function wantedText({ owner, group, mode }: FileParams): string {
  const who = owner === undefined && group === undefined ? [] : [ownerArgument(owner, group)];
  return [...who, ...(mode === undefined ? [] : [typeof mode === 'number' ? formatMode(mode) : mode])].join(
    ' ',
  );
}
