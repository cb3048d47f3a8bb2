import { textOf, type QueryKind } from './kind.js';

/** More notes than that are no notes of ours. */
const MOST = 1000;

/** The names in the agent's folder of pending handlers; sh reads them itself. */
export const markers: QueryKind<'markers'> = {
  compile: () => [
    `n=0
for marker in "$state"/pending/*; do
[ -f "$marker" ] && [ $n -lt ${MOST} ] || continue
n=$((n + 1))
IFS= read -r line <"$marker" && printf '%s\\n' "$line"
done`,
  ],
  parse: (queries, [output]) => {
    const names = textOf(output)
      .split('\n')
      .filter((name) => name !== '')
      .flatMap(decodeMarker);
    return queries.map(() => ({ markers: names }));
  },
};

/** A handler's name as one line. */
export function encodeMarker(name: string): string {
  return encodeURIComponent(name);
}

/** A file that was cut off by a crash names nothing: its step had not begun. */
export function decodeMarker(line: string): string[] {
  try {
    return [decodeURIComponent(line)];
  } catch {
    return [];
  }
}
