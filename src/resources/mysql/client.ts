import type { Answers, SqlQuery } from '../../agent/query.js';
import type { ScriptStep } from '../../agent/step.js';
import { MissingPrerequisiteError } from '../../errors.js';

export type Row = readonly (string | null)[];

/**
 * The rows of a query.
 * @throws MissingPrerequisiteError when the server did not answer: in a dry run it may not be installed yet
 */
export function rowsOf(answers: Answers, query: SqlQuery): readonly Row[] {
  const answer = answers.get<'sql'>(query);
  if (answer.error === undefined) return answer.rows;
  const said = withoutStatement(answer.error);
  // A statement of the user's that is refused may need a table that an earlier task makes.
  const refused = /ERROR (?!20\d\d\b)\d+/.test(said);
  throw new MissingPrerequisiteError(
    `the database server ${refused ? 'refuses it' : 'did not answer'}: ${telling(said)}`,
    {
      detail: said.split('\n').filter((line) => line.trim() !== ''),
      hint: refused
        ? 'is the statement right, and may this user run it (become: true)?'
        : 'is the server running, and may this user log in over its local socket (become: true)?',
    },
  );
}

/** Statements that go to the client over standard input: no argument and no file ever shows them. */
export function sqlStep(statements: readonly string[], database?: string): ScriptStep {
  return {
    kind: 'script',
    code: CLIENT,
    ...(database === undefined ? {} : { args: [database] }),
    stdin: statements.map(terminate).join(''),
  };
}

/** A comment at the end would swallow a semicolon on its line. */
function terminate(statement: string): string {
  const text = statement.trim().replace(/;+$/, '');
  return `${text}${/--|#/.test(text) ? '\n' : ''};\n`;
}

/**
 * Statements of ours rather than of the user: quoted for the mode in which a backslash escapes and `"` quotes a text,
 * whatever the server's own mode is.
 */
export function accountStep(statements: readonly string[]): ScriptStep {
  return sqlStep(["SET SESSION sql_mode = ''", ...statements]);
}

// MariaDB 11 has no `mysql` any more unless a compatibility package is installed; MySQL never had `mariadb`.
// On an error the client repeats the statement between two lines of dashes: passwords are in there, so that part goes.
const CLIENT = `client=$(command -v mariadb || command -v mysql) || {
  echo 'neither mariadb nor mysql is installed' >&2
  exit 127
}
said=$("$client" --batch --default-character-set=utf8mb4 "$@" 2>&1 >/dev/null) || {
  rc=$?
  printf '%s\\n' "$said" | sed '/^--------------$/,/^--------------$/d' >&2
  exit "$rc"
}`;

/** Before the error the client repeats the statement, whose values may be secret. */
function withoutStatement(text: string): string {
  return text.replace(/^-{14}\n[^]*?\n-{14}\n/m, '').trim();
}

function telling(text: string): string {
  const lines = text.split('\n');
  return lines.find((line) => line.startsWith('ERROR ')) ?? lines[0] ?? '';
}
