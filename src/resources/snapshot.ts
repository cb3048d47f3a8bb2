import type { Change } from './resource.js';
import { resource } from './resource.js';
import {
  LISTS,
  UNREADABLE,
  stateIn,
  stateQuery,
  type ChangedFile,
  type SnapshotParams,
} from './snapshot/state.js';

/** Files of a difference that are named one by one. */
const NAMED = 20;

export const snapshot = resource<SnapshotParams>({
  name: 'snapshot',
  summary:
    'Keep a folder as it was when it was recorded: files that were changed, added or removed since are named, and put back.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['path', 'store'],
    properties: {
      path: {
        type: 'string',
        pattern: '^/.*[^/]$',
        description: "The folder. The one above it is root's; it is replaced as a whole when it differs.",
      },
      store: {
        type: 'string',
        pattern: '^/.*[^/]$',
        description:
          "Where the record is: STORE.times, STORE.contents and STORE.tar.gz, in a folder that is root's and not below path.",
      },
      state: {
        type: 'string',
        enum: ['kept', 'recorded'],
        default: 'kept',
        description:
          'kept: as it was recorded; what was never recorded is recorded now, and a folder that is not there is left so. recorded: what it is now is what it shall be.',
      },
    },
  },

  queries: (params) => [stateQuery(params)],

  plan(params, answers) {
    const state = stateIn(answers, params);
    if (state.kind === 'same' || (state.kind === 'absent' && params.state !== 'recorded')) return [];
    if (params.state === 'recorded' || state.kind !== 'differs')
      return [
        {
          subject: params.path,
          field: 'record',
          before: state.kind === 'differs' ? 'of other files' : null,
          after: 'as it is now',
        },
      ];
    const more = state.files.length - NAMED;
    return [
      ...state.files.slice(0, NAMED).map((file) => changeOf(params.path, file)),
      ...(more > 0 || state.more
        ? [
            {
              subject: params.path,
              field: 'files',
              before: `${more}${state.more ? ' or more' : ''} others differ`,
              after: 'as recorded',
            },
          ]
        : []),
    ];
  },

  apply({ path, store }, changes) {
    const code = changes[0]?.field === 'record' ? RECORD : PUT_BACK;
    return [{ kind: 'script', code: `${LISTS}\n${code}`, args: [path, store] }];
  },
});

function changeOf(folder: string, { path, how }: ChangedFile): Change {
  const subject = `${folder}/${path}`;
  if (how === 'added') return { subject, field: 'file', before: 'added since', after: null };
  return { subject, field: 'file', before: how === 'removed' ? null : 'changed since', after: 'as recorded' };
}

/** Times last: without them nothing counts as recorded. */
const RECORD = `set -e
umask 077
cd -- "$path"
rm -f -- "$store.times"
tar --create --use-compress-program 'gzip -1' --file "$store.tar.gz.new" .
list_contents >"$store.contents.new"
! grep -qzxF '${UNREADABLE}' "$store.contents.new"
list_times >"$store.times.new"
sync -- "$store.tar.gz.new" "$store.contents.new" "$store.times.new" 2>/dev/null || sync
for file in tar.gz contents times; do mv -f -- "$store.$file.new" "$store.$file"; done`;

/** What is put back is made in a folder that is root's alone, and compared with the record before it gets to its place. */
const PUT_BACK = `set -e
new=$(mktemp -d -- "\${path%/*}/.snapshot.XXXXXX")
trap 'rm -rf -- "$new"' EXIT
mkdir -m 0700 -- "$new/tree"
cd -- "$new/tree"
tar --extract --gzip --preserve-permissions --same-owner --numeric-owner --file "$store.tar.gz"
list_contents | cmp -s - "$store.contents" || { echo "$store.tar.gz is not what was recorded, so nothing was put back" >&2; exit 1; }
list_times >"$new/times"
cd /
mv -T -- "$path" "$new/former"
mv -T -- "$new/tree" "$path"
mv -f -- "$new/times" "$store.times"`;
