import { cutLine } from '../cut.js';
import type { Answers, SqlQuery } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { bindArguments } from './mysql/bind-arguments.js';
import { rowsOf, sqlStep } from './mysql/client.js';
import { isReadOnly } from './mysql/is-read-only.js';
import { withoutComments } from './mysql/without-comments.js';
import { resource } from './resource.js';

export interface QueryParams {
  readonly query: string | readonly string[];
  readonly login_db?: string;
  readonly positional_args?: readonly unknown[];
  readonly named_args?: Readonly<Record<string, unknown>>;
  readonly unless?: string;
}

export const mysqlQuery = resource<QueryParams>({
  name: 'mysql_query',
  summary: 'Run SQL statements.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['query'],
    properties: {
      query: {
        type: ['string', 'array'],
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        minLength: 1,
        description: 'A statement, or a list of them. Those that only read never count as a change.',
      },
      login_db: { type: 'string', minLength: 1, description: 'The database to use.' },
      positional_args: { type: 'array', description: 'Values for %s, in order.' },
      named_args: { type: 'object', description: 'Values for %(name)s.' },
      unless: {
        type: 'string',
        minLength: 1,
        description: 'A SELECT: when it returns a row there is nothing to do. Takes named_args too.',
      },
    },
  },

  queries(params) {
    const { guard, statements } = readParams(params);
    return [
      ...(guard ? [guard] : []),
      ...(readsOnly(statements) ? statements.map(({ sql }) => ask(params, sql)) : []),
    ];
  },

  plan(params, answers) {
    const { guard, statements } = readParams(params);
    if (readsOnly(statements)) {
      for (const { sql } of statements) readRows(answers, ask(params, sql));
      return [];
    }
    if (guard && readRows(answers, guard).length > 0) return [];
    return statements.map(({ source }) => ({
      subject: cutLine(source, 80),
      field: 'query',
      before: null,
      after: 'run',
      // With a guard, that its rows are missing is a state.
      ...(guard ? {} : { kind: 'action' as const }),
    }));
  },

  apply(params) {
    const { statements } = readParams(params);
    return [
      sqlStep(
        statements.map(({ sql }) => sql),
        params.login_db,
      ),
    ];
  },

  result(params, answers) {
    const { statements } = readParams(params);
    if (!readsOnly(statements)) return {};
    const results = statements.map(({ sql }) => readRows(answers, ask(params, sql)));
    return { query_result: results, rowcount: results.map((rows) => rows.length) };
  },
});

interface Statement {
  /** as written, for messages: its values may be secret */
  readonly source: string;
  readonly sql: string;
}

function readParams(params: QueryParams): { guard: SqlQuery | undefined; statements: readonly Statement[] } {
  const { named_args: named, positional_args: positional, unless } = params;
  if (named && positional) {
    throw new TaskError('mysql_query takes named_args or positional_args, not both', {
      hint: 'keep one of them',
    });
  }
  const values = named ?? positional;
  const statements = [params.query].flat().map((source) => ({ source, sql: bind(source, values) }));
  if (unless === undefined) return { guard: undefined, statements };
  const guard = bind(unless, named);
  if (!isReadOnly(guard)) {
    throw new TaskError(`unless must be one statement that only reads, not ${cutLine(unless, 80)}`, {
      hint: 'write a SELECT that returns a row when there is nothing to do',
    });
  }
  return { guard: ask(params, guard), statements };
}

function bind(sql: string, values: Parameters<typeof bindArguments>[1]): string {
  try {
    return bindArguments(sql, values).trim().replace(/;+$/, '');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TaskError(`${error.message}: ${cutLine(sql, 80)}`, {
      hint: 'give each %s and %(name)s its value, and write %% for a percent sign',
      cause: error,
    });
  }
}

function readsOnly(statements: readonly Statement[]): boolean {
  return statements.every(({ sql }) => isReadOnly(sql));
}

function ask({ login_db: database }: QueryParams, sql: string): SqlQuery {
  return { kind: 'sql', sql: withoutComments(sql).trim(), ...(database === undefined ? {} : { database }) };
}

function readRows(answers: Answers, query: SqlQuery): ReturnType<typeof rowsOf> {
  return rowsOf(answers, query);
}
