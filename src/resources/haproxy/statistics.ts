/** A server of HAProxy's statistics, fields as in section 9.1 of its management guide. */
export interface ServerRow {
  readonly backend: string;
  readonly server: string;
  /** UP, DOWN, MAINT, DRAIN, `UP 1/3`, `no check` … */
  readonly status: string;
  /** L4OK, L7OK, L7STS …; `* ` in front while a check is running */
  readonly check: string;
  /** requests and connections that it is busy with */
  readonly sessions: number;
  /** what the last check got: `Layer7 check passed` */
  readonly reason: string;
  /** the value of the cookie that binds clients to it, where there are cookies */
  readonly cookie: string;
}

/** The servers in the CSV of `show stat`; undefined when it is no such text. */
export function parseStatistics(csv: string): ServerRow[] | undefined {
  const [head = '', ...lines] = csv.split(/\r?\n/).filter((line) => line !== '');
  if (!head.startsWith('# pxname,')) return undefined;
  const columns = placesOf(head.slice(2).split(','));
  return lines.flatMap((line) => {
    const fields = splitFields(line);
    const field = (name: string): string => fields[columns.get(name) ?? -1] ?? '';
    // type 2 is a server; 0 and 1 are the frontend's and backend's own sums.
    if (field('type') !== '2') return [];
    return [
      {
        backend: field('pxname'),
        server: field('svname'),
        status: field('status'),
        check: field('check_status'),
        sessions: Number(field('scur')),
        reason: field('check_desc') || field('last_chk'),
        cookie: field('cookie'),
      },
    ];
  });
}

/** Where each column is. Looked up for each line: a list would be looked through each time. */
export function placesOf(columns: readonly string[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [index, name] of columns.entries()) if (!places.has(name)) places.set(name, index);
  return places;
}

function splitFields(line: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    const quoted = line[at] === '"' ? closingQuote(line, at) : -1;
    const end = quoted < 0 ? line.indexOf(',', at) : line.indexOf(',', quoted);
    const stop = end < 0 ? line.length : end;
    fields.push(quoted < 0 ? line.slice(at, stop) : line.slice(at + 1, quoted).replaceAll('""', '"'));
    // A quote that is not closed: what follows cannot be told apart.
    if (line[at] === '"' && quoted < 0) return fields;
    at = stop + 1;
  }
  return fields;
}

/** A quote in a quoted field is doubled. */
function closingQuote(line: string, open: number): number {
  for (let at = line.indexOf('"', open + 1); at >= 0; at = line.indexOf('"', at + 2))
    if (line[at + 1] !== '"') return at;
  return -1;
}
