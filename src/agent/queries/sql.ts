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
  for (const body of elements(out, '<resultset', '</resultset>')) {
    const found = [...elements(body, '<row>', '</row>')].map(fieldsOf);
    const numbered = /^provision (\d{1,9})$/.exec(found[0]?.[0] ?? '')?.[1];
    if (numbered === undefined) rows.set(current, found);
    else rows.set((current = Number(numbered)), []);
  }
  const errors = new Map<number, string>();
  for (const line of err.split('\n')) {
    const at = line.startsWith('ERROR ')
      ? /^ at line (\d+)/.exec(line.slice(line.indexOf(' at line ')))
      : null;
    if (at) errors.set(Number(at[1]), line);
  }
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

/** What stands between two texts, one pair after the other. What is not closed is left out: nothing is looked through twice. */
function* elements(text: string, open: string, close: string): Generator<string> {
  for (let at = 0; ;) {
    const start = text.indexOf(open, at);
    const end = start < 0 ? -1 : text.indexOf(close, start + open.length);
    if (end < 0) return;
    yield text.slice(start + open.length, end);
    at = end + close.length;
  }
}

/** `<field name="a">text</field>` and `<field name="a" xsi:nil="true" />`, which is NULL. */
function fieldsOf(row: string): (string | null)[] {
  const fields: (string | null)[] = [];
  const open = '<field name="';
  const close = '</field>';
  for (let at = row.indexOf(open); at >= 0; at = row.indexOf(open, at)) {
    const quote = row.indexOf('"', at + open.length);
    const tag = quote < 0 ? -1 : row.indexOf('>', quote);
    if (tag < 0) break;
    if (/^ xsi:nil="true" ?\/$/.test(row.slice(quote + 1, Math.min(tag, quote + 32)))) {
      fields.push(null);
      at = tag + 1;
      continue;
    }
    const end = row.indexOf(close, tag);
    if (end < 0) break;
    fields.push(unescapeXml(row.slice(tag + 1, end)));
    at = end + close.length;
  }
  return fields;
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
