import { SQL_TIMEOUT } from '../limits.js';
import type { SqlAnswer } from '../query.js';
import { quote } from '../quote.js';
import { textOf, type QueryKind } from './kind.js';

/** Bytes of a client's output that are kept. */
const KEEP = 16 * 1024 * 1024;

type SqlQuery = Parameters<QueryKind<'sql'>['compile']>[0][number];

/**
 * One client for all statements of a database. XML tells NULL from the text 'NULL'; a statement that fails leaves the
 * others (`--force`) and is known by its line.
 */
export const sql: QueryKind<'sql'> = {
  readsErrors: true,
  compile: (queries) => [
    'client=$(command -v mariadb || command -v mysql) || { echo "no mariadb or mysql client is installed" >&2; client=false; }',
    ...batchesOf(queries).map((batch) => ({ code: batchCode(batch), keep: KEEP })),
  ],
  parse(queries, [found, ...outputs]) {
    const missing = found?.stderr.toString('utf8').trim() ?? '';
    const answers = new Map<SqlQuery, SqlAnswer>();
    for (const [index, batch] of batchesOf(queries).entries()) {
      const output = outputs[index];
      const problem = missing === '' ? (output?.stderr.toString('utf8').trim() ?? '') : missing;
      const all = parseBatch(batch, textOf(output), problem);
      for (const [at, query] of batch.entries())
        answers.set(query, all[at] ?? { error: problem || 'no answer' });
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
  const database = batch[0]?.database;
  const text = batch.map((query, index) => statementLines(query, index).join('\n')).join('\n');
  const options = '--xml --force --default-character-set=utf8mb4 --connect-timeout=10';
  return `body=${quote(`${text}\n`)}\nprintf %s "$body" | timeout -k 5 ${SQL_TIMEOUT} "$client" ${options}${database === undefined ? '' : ` -- ${quote(database)}`}`;
}

function statementLines({ sql: text }: SqlQuery, index: number): string[] {
  return [`SELECT 'provision ${index}';`, ...text.replace(/[;\s]+$/, '').split('\n'), ';'];
}

function parseBatch(batch: readonly SqlQuery[], out: string, err: string): (SqlAnswer | undefined)[] {
  const rows = new Map<number, (string | null)[][]>();
  let current = -1;
  for (const [, body = ''] of out.matchAll(/<resultset[^>]*>([\s\S]*?)<\/resultset>/g)) {
    const found = [...body.matchAll(/<row>([\s\S]*?)<\/row>/g)].map(([, row = '']) => fieldsOf(row));
    const numbered = /^provision (\d+)$/.exec(found[0]?.[0] ?? '')?.[1];
    if (numbered === undefined) rows.set(current, found);
    else rows.set((current = Number(numbered)), []);
  }
  const errors = new Map<number, string>();
  for (const [line, at] of err.matchAll(/^ERROR .*? at line (\d+).*$/gm)) errors.set(Number(at), line);
  let before = 0;
  return batch.map((query, index): SqlAnswer | undefined => {
    const first = before + 1;
    before += statementLines(query, index).length;
    const error = [...errors].find(([line]) => line >= first && line <= before)?.[1];
    if (error !== undefined) return { error };
    const found = rows.get(index);
    return found && { rows: found };
  });
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
