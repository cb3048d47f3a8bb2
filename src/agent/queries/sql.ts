import type { SqlAnswer } from '../query.js';
import { quote } from '../quote.js';
import type { QueryKind } from './kind.js';

type SqlQuery = Parameters<QueryKind<'sql'>['compile']>[0][number];

/**
 * One client for all statements of a database. XML tells NULL from the text 'NULL'; a statement that fails leaves the
 * others (`--force`) and is known by its line.
 */
export const sql: QueryKind<'sql'> = {
  compile(queries) {
    const find =
      'client=$(command -v mariadb || command -v mysql) || { echo "no mariadb or mysql client is installed" >&2; client=false; }';
    return [find, ...batchesOf(queries).map(batchCode)].join('\n');
  },
  parse(queries, output) {
    const outs = output.stdout
      .toString('utf8')
      .split(/^provision-batch\n/m)
      .slice(1);
    const errs = output.stderr.toString('utf8').split(/^provision-batch\n/m);
    const missing = (errs[0] ?? '').trim();
    const answers = new Map<SqlQuery, SqlAnswer>();
    for (const [index, batch] of batchesOf(queries).entries()) {
      const all = parseBatch(
        batch.length,
        outs[index] ?? '',
        missing === '' ? (errs[index + 1] ?? '') : missing,
      );
      for (const [at, query] of batch.entries()) answers.set(query, all[at] ?? { error: 'no answer' });
    }
    return queries.map((query) => answers.get(query) ?? { error: 'no answer' });
  },
};

function batchesOf(queries: readonly SqlQuery[]): SqlQuery[][] {
  const batches = new Map<string, SqlQuery[]>();
  for (const query of queries) {
    const key = query.database ?? '';
    batches.set(key, [...(batches.get(key) ?? []), query]);
  }
  return [...batches.values()];
}

/** Each statement stands on lines of its own behind a SELECT that numbers it. */
function batchCode(batch: readonly SqlQuery[]): string {
  const statements = batch.map(
    ({ sql: text }, index) =>
      `SELECT 'provision ${index}';\n${text.replace(/;\s*$/, '').replaceAll('\n', ' ')};\n`,
  );
  const database = batch[0]?.database;
  return [
    'echo provision-batch; echo provision-batch >&2',
    `printf %s ${quote(statements.join(''))} | "$client" --xml --force${database === undefined ? '' : ` -- ${quote(database)}`}`,
  ].join('\n');
}

function parseBatch(count: number, out: string, err: string): SqlAnswer[] {
  const answers = new Map<number, SqlAnswer>();
  let current = -1;
  for (const [, body = ''] of out.matchAll(/<resultset[^>]*>([\s\S]*?)<\/resultset>/g)) {
    const rows = [...body.matchAll(/<row>([\s\S]*?)<\/row>/g)].map(([, row = '']) => fieldsOf(row));
    const numbered = /^provision (\d+)$/.exec(rows[0]?.[0] ?? '')?.[1];
    if (numbered !== undefined) current = Number(numbered);
    else answers.set(current, { rows });
  }
  let general = err.trim();
  for (const [line, , at] of err.matchAll(/^ERROR .*?(\(\w+\))? at line (\d+).*$/gm)) {
    general = '';
    answers.set(Math.floor((Number(at) - 1) / 2), { error: line });
  }
  const failed = general !== '' && answers.size === 0;
  return Array.from(
    { length: count },
    (_one, index) => answers.get(index) ?? (failed ? { error: general } : { rows: [] }),
  );
}

function fieldsOf(row: string): (string | null)[] {
  return [...row.matchAll(/<field name="[^"]*"(?: (xsi:nil="true") ?\/>|>([\s\S]*?)<\/field>)/g)].map(
    ([, nil, text = '']) => (nil === undefined ? unescapeXml(text) : null),
  );
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
