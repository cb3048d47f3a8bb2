import type { Answers, ScriptQuery } from '../../agent/query.js';
import { TaskError } from '../../errors.js';

export interface SnapshotParams {
  readonly path: string;
  readonly store: string;
  readonly state?: 'kept' | 'recorded';
}

/** What a folder is beside what was recorded of it. */
export type SnapshotState =
  | { readonly kind: 'same' | 'unrecorded' | 'absent' }
  | { readonly kind: 'differs'; readonly files: readonly ChangedFile[]; readonly more: boolean };

/** A path below the folder. */
export interface ChangedFile {
  readonly path: string;
  readonly how: 'changed' | 'added' | 'removed';
}

/** In the place of what could not be read: no line of a file ends so. */
export const UNREADABLE = 'could not be read';

/** Lines of a difference that are read. */
const MOST = 400;

export function stateQuery({ path, store }: Pick<SnapshotParams, 'path' | 'store'>): ScriptQuery {
  return { kind: 'script', code: `${LISTS}\n${COMPARE}`, args: [path, store], timeout: 50 };
}

/** @throws TaskError when the folder could not be read */
export function stateIn(answers: Answers, params: Pick<SnapshotParams, 'path' | 'store'>): SnapshotState {
  const { rc, stdout, stderr } = answers.get<'script'>(stateQuery(params));
  const [kind = '', ...lines] = stdout.split('\0');
  if (rc === 0 && (kind === 'same' || kind === 'unrecorded' || kind === 'absent')) return { kind };
  const whole = !lines.some((line) => line.endsWith(UNREADABLE) && !line.includes(' ./'));
  if (rc === 0 && kind === 'differs' && whole) return differing(lines.filter((line) => line !== ''));
  throw new TaskError(`${params.path} could not be compared with what was recorded of it`, {
    detail: stderr.split('\n').filter((line) => line !== ''),
    hint: rc === 124 ? 'reading all of its files took longer than 50 s' : undefined,
  });
}

/** From comm(1): what only the record has, and behind a tab what only the folder has. A line ends with ` ./PATH`. */
function differing(lines: readonly string[]): SnapshotState {
  const [recorded, found] = [new Set<string>(), new Set<string>()];
  for (const line of lines) {
    const at = line.indexOf(' ./');
    if (at >= 0) (line.startsWith('\t') ? found : recorded).add(line.slice(at + 3));
  }
  const files = [...new Set([...recorded, ...found])].sort().map((path): ChangedFile => {
    const how = !recorded.has(path) ? 'added' : !found.has(path) ? 'removed' : 'changed';
    return { path, how };
  });
  return files.length === 0 ? { kind: 'same' } : { kind: 'differs', files, more: lines.length >= MOST };
}

/**
 * `list_times`: what stat(2) says of each file, its ctime among it, which nobody can set: where that is as it was, nothing was written, and
 * nothing has to be read. `list_contents`: what it is, for when the times differ. Nothing of it follows a link.
 */
export const LISTS = `path=$1 store=$2
list_times() {
  find -P . \\( -type d -printf '%y %m %U %G' -o -printf '%y %m %U %G %s %i %T@ %C@ %l' \\) -printf ' ./%P\\0' | LC_ALL=C sort -z
}
list_contents() {
  {
    find -P . -type f -exec sha256sum -z -- {} + && find -P . -printf '%y %m %U %G %l ./%P\\0' || printf '${UNREADABLE}\\0'
  } | LC_ALL=C sort -z
}`;

const COMPARE = `[ -d "$path" ] && [ ! -L "$path" ] || { printf absent; exit 0; }
[ -f "$store.times" ] && [ -f "$store.contents" ] || { printf unrecorded; exit 0; }
cd -- "$path" || exit
if list_times | cmp -s - "$store.times"; then printf same; exit 0; fi
printf 'differs\\0'
list_contents | LC_ALL=C comm -z -3 "$store.contents" - | head -z -n ${MOST}`;
