import { noteFile } from '../../agent/note-file.js';
import type { CommandAnswer, ScriptQuery } from '../../agent/query.js';
import { ProvisionError } from '../../errors.js';
import type { Run } from '../run-state.js';

/** When a file was last modified, and which run wrote it last. */
export interface Provenance {
  /** ISO 8601, UTC; left out when it is not there */
  readonly modified?: string;
  /** left out when no run did, or by a version that left no note */
  readonly written?: { readonly by: string; readonly at: string };
}

/**
 * Ask a host about files, as one user: the agent leaves a note for each file that it writes. What cannot be told is left
 * out.
 */
export async function provenanceOf(
  paths: readonly string[],
  place: { readonly host: string; readonly user: string | undefined },
  run: Run,
): Promise<ReadonlyMap<string, Provenance>> {
  const query: ScriptQuery = {
    kind: 'script',
    code: ASK,
    args: paths.flatMap((path) => [path, noteFile(path)]),
  };
  try {
    const { session } = run.stateOf(place.host);
    const { answers } = await session.request(place.user, { steps: [], queries: [query] });
    return parse(paths, answers.get<'script'>(query));
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    return new Map();
  }
}

const ASK = `while [ $# -gt 0 ]; do
  by=''
  note=$state/written/$2
  [ ! -f "$note" ] || IFS= read -r by <"$note"
  printf '%s\\t%s\\t%s\\n' "$(stat -c %Y -- "$1" 2>/dev/null)" "$(stat -c %Y -- "$note" 2>/dev/null)" "$by"
  shift 2
done`;

function parse(paths: readonly string[], answer: CommandAnswer): Map<string, Provenance> {
  const lines = answer.stdout.split('\n');
  return new Map(
    paths.map((path, index): [string, Provenance] => {
      const [modified = '', at = '', by = ''] = (lines[index] ?? '').split('\t');
      return [
        path,
        {
          ...(isTime(modified) ? { modified: timeOf(modified) } : {}),
          ...(isTime(at) && by !== '' ? { written: { by, at: timeOf(at) } } : {}),
        },
      ];
    }),
  );
}

/** stat(1) prints digits; more of them than these are no date of this calendar. */
function isTime(seconds: string): boolean {
  return /^-?\d{1,12}$/.test(seconds);
}

/** @param seconds since the epoch, as stat(1) prints them */
function timeOf(seconds: string): string {
  return new Date(Number(seconds) * 1000).toISOString();
}
