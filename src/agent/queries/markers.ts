import type { QueryKind } from './kind.js';

/** The files in the agent's folder of pending handlers; sh lists them itself. */
export const markers: QueryKind<'markers'> = {
  compile: () =>
    'for marker in "$state"/pending/*; do [ ! -f "$marker" ] || printf \'%s\\n\' "${marker##*/}"; done',
  parse: (queries, output) => {
    const names = output.stdout
      .toString('utf8')
      .split('\n')
      .filter((name) => name !== '');
    return queries.map(() => ({ markers: names.map(decodeMarker) }));
  },
};

/** A handler's name as a file name: everything but letters, digits and a few more is written as %xx. */
export function encodeMarker(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E').slice(0, 250);
}

function decodeMarker(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
