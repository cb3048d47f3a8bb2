import type { SqlQuery } from '../agent/query.js';
import { accountStep, rowsOf } from './mysql/client.js';
import { quoteName, quoteText } from './mysql/quote.js';
import { type Change, resource } from './resource.js';

export interface DatabaseParams {
  readonly name: string | readonly string[];
  readonly state?: 'present' | 'absent';
  readonly encoding?: string;
  readonly collation?: string;
}

export const mysqlDb = resource<DatabaseParams>({
  name: 'mysql_db',
  summary: 'Create, alter or drop MariaDB and MySQL databases.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: ['string', 'array'],
        items: { type: 'string', minLength: 1, maxLength: 64 },
        minItems: 1,
        minLength: 1,
        description: 'The database, or a list of them.',
      },
      state: {
        type: 'string',
        enum: ['present', 'absent'],
        default: 'present',
        description: 'Whether it shall be there.',
      },
      encoding: {
        type: 'string',
        pattern: '^\\w+$',
        description: 'The default character set, for example utf8mb4.',
      },
      collation: {
        type: 'string',
        pattern: '^\\w+$',
        description: 'The default collation, for example utf8mb4_unicode_ci.',
      },
    },
  },

  queries: (params) => [schemataQuery(params)],

  plan(params, answers) {
    const rows = new Map(
      rowsOf(answers, schemataQuery(params)).map(([name, encoding, collation]) => [
        name ?? '',
        { encoding: encoding ?? '', collation: collation ?? '' },
      ]),
    );
    return namesOf(params).flatMap((name): Change[] => {
      const current = rows.get(name);
      if (params.state === 'absent') {
        return current ? [{ subject: name, field: 'state', before: 'present', after: null }] : [];
      }
      if (!current) return [{ subject: name, field: 'state', before: null, after: 'present' }];
      return (['encoding', 'collation'] as const).flatMap((field): Change[] => {
        const wanted = params[field];
        if (wanted === undefined || normalise(wanted) === normalise(current[field])) return [];
        return [{ subject: name, field, before: current[field], after: wanted }];
      });
    });
  },

  apply(params, changes) {
    const settings = [
      ...(params.encoding === undefined ? [] : [`CHARACTER SET ${params.encoding}`]),
      ...(params.collation === undefined ? [] : [`COLLATE ${params.collation}`]),
    ].join(' ');
    const byName = new Map(changes.map((change) => [change.subject, change]));
    const statements = [...byName].map(([name, { field, before, after }]) => {
      if (field === 'state' && after === null) return `DROP DATABASE ${quoteName(name)}`;
      const verb = field === 'state' && before === null ? 'CREATE' : 'ALTER';
      return `${verb} DATABASE ${quoteName(name)} ${settings}`.trim();
    });
    return [accountStep(statements)];
  },

  result: (params) => ({ db: namesOf(params).join(' '), db_list: namesOf(params) }),
});

function schemataQuery(params: DatabaseParams): SqlQuery {
  return {
    kind: 'sql',
    sql:
      'SELECT schema_name, default_character_set_name, default_collation_name FROM information_schema.schemata' +
      ` WHERE schema_name IN (${namesOf(params).map(quoteText).join(', ')})`,
  };
}

function namesOf({ name }: DatabaseParams): readonly string[] {
  return [...new Set([name].flat())];
}

/** `utf8` is another name of `utf8mb3`; servers answer with one or the other by their version. */
function normalise(name: string): string {
  return name.toLowerCase().replace(/^utf8(?=_|$)/, 'utf8mb3');
}
