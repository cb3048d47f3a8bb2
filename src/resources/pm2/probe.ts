import type { Answers, ScriptQuery } from '../../agent/query.js';
import { placesOf, type Pm2Params } from './params.js';
import { type Daemon, LIST_PROCESSES, parseDaemon } from './processes.js';
import { type RunRecord, parseRecord } from './record.js';

/** What can be known without starting Node. */
export interface Probed {
  /** of the ecosystem file; null: there is none */
  readonly sha256: string | null;
  readonly record: RunRecord | undefined;
  readonly daemon: Daemon;
  /** what each recorded folder is now, links resolved */
  readonly folders: ReadonlyMap<string, string>;
}

export function probeQuery(params: Pm2Params): ScriptQuery {
  return {
    kind: 'script',
    code: PROBE,
    args: [params.pm2_home, params.ecosystem, recordPath(params)],
    at: placesOf(params),
  };
}

export function probed(params: Pm2Params, answers: Answers): Probed {
  const { stdout } = answers.get<'script'>(probeQuery(params));
  const rows = stdout.split('\n').map((line) => line.split('\t'));
  const field = (kind: string): string =>
    rows
      .find(([first]) => first === kind)
      ?.slice(1)
      .join('\t') ?? '';
  const sha256 = field('ecosystem');
  return {
    sha256: sha256 === '' ? null : sha256,
    record: parseRecord(field('record')),
    daemon: parseDaemon(stdout),
    folders: new Map(
      rows.filter(([kind]) => kind === 'folder').map(([, configured = '', real = '']) => [configured, real]),
    ),
  };
}

export function recordPath({ pm2_home: home, ecosystem, name }: Pm2Params): string {
  const key = name === undefined ? ecosystem : `${ecosystem}:${name}`;
  return `${home}/provision-${encodeURIComponent(key)}.json`;
}

// A record is one line of JSON; the folders in it are taken out by pattern to be resolved here, in the same answer.
const PROBE = `home=$1 ecosystem=$2 record=$3 before=''
if [ -f "$ecosystem" ]; then
  sum=$(sha256sum <"$ecosystem")
  printf 'ecosystem\\t%s\\n' "\${sum%% *}"
fi
if [ -f "$record" ]; then
  printf 'record\\t%s\\n' "$(cat "$record")"
  grep -o '"cwd":"[^"]*"' "$record" | while IFS= read -r folder; do
    folder=\${folder#*:?} folder=\${folder%?}
    [ "$folder" != "$before" ] || continue
    before=$folder
    printf 'folder\\t%s\\t%s\\n' "$folder" "$(readlink -f "$folder")"
  done
fi
${LIST_PROCESSES}`;
