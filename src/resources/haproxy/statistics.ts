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
}

/** The servers in the CSV of `show stat`; undefined when it is no such text. */
export function parseStatistics(csv: string): ServerRow[] | undefined {
  const [head = '', ...lines] = csv.split(/\r?\n/).filter((line) => line !== '');
  if (!head.startsWith('# pxname,')) return undefined;
  const columns = head.slice(2).split(',');
  return lines.flatMap((line) => {
    const fields = splitFields(line);
    const field = (name: string): string => fields[columns.indexOf(name)] ?? '';
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
      },
    ];
  });
}

function splitFields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
}
