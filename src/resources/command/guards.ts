import type { Answers, FileQuery, ScriptQuery } from '../../agent/query.js';
import type { JsonSchema } from '../../schema.js';

/** The parameters by which command and shell know that there is nothing to do. */
export interface Guards {
  readonly chdir?: string;
  readonly creates?: string;
  readonly removes?: string;
}

export const guardProperties: Readonly<Record<string, JsonSchema>> = {
  chdir: { type: 'string', minLength: 1, description: 'The folder to run in.' },
  creates: {
    type: 'string',
    minLength: 1,
    description: 'A path or glob: when it exists there is nothing to do. Relative to chdir.',
  },
  removes: {
    type: 'string',
    minLength: 1,
    description: 'A path or glob: when it does not exist there is nothing to do. Relative to chdir.',
  },
};

/** What must be known to decide whether there is something to do. */
export function guardQueries(params: Guards): (FileQuery | ScriptQuery)[] {
  return [params.creates, params.removes]
    .filter((path) => path !== undefined)
    .map((path) => existenceQuery(path, params.chdir));
}

/** Why there is nothing to do, or undefined when there is. */
export function skipReason(params: Guards, answers: Answers): string | undefined {
  const exists = (path: string): boolean => {
    const query = existenceQuery(path, params.chdir);
    return query.kind === 'file' ? answers.get<'file'>(query).exists : answers.get<'script'>(query).rc === 0;
  };
  if (params.creates !== undefined && exists(params.creates))
    return `skipped, since ${params.creates} exists`;
  if (params.removes !== undefined && !exists(params.removes)) {
    return `skipped, since ${params.removes} does not exist`;
  }
  return undefined;
}

// The shell expands the unquoted $1; IFS is emptied so that a blank in the path does not split it.
const GLOB = 'IFS=; for path in $1; do if [ -e "$path" ] || [ -L "$path" ]; then exit 0; fi; done; exit 1';

function existenceQuery(path: string, chdir: string | undefined): FileQuery | ScriptQuery {
  const full = path.startsWith('/') || chdir === undefined ? path : `${chdir.replace(/\/+$/, '')}/${path}`;
  return /[*?[]/.test(full) ? { kind: 'script', code: GLOB, args: [full] } : { kind: 'file', path: full };
}
