import type { Answers, CommandQuery, FileQuery, ScriptQuery } from '../../agent/query.js';
import type { JsonSchema } from '../../schema.js';
import type { Change } from '../resource.js';
import { toWords } from './to-words.js';

/** The parameters by which command and shell know that there is nothing to do. */
export interface Guards {
  readonly chdir?: string;
  readonly creates?: string;
  readonly removes?: string;
  readonly unless?: string;
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
  unless: {
    type: 'string',
    minLength: 1,
    description:
      'A command that only reads, split as sh does: when it ends with 0 there is nothing to do; what it says otherwise is shown as the reason. It is asked along with everything else, in a dry run too. Not in Ansible.',
  },
};

/** What must be known to decide whether there is something to do. */
export function guardQueries(params: Guards): (CommandQuery | FileQuery | ScriptQuery)[] {
  const paths = [params.creates, params.removes].filter((path) => path !== undefined);
  return [
    ...paths.map((path) => existenceQuery(path, params.chdir)),
    ...(params.unless === undefined ? [] : [unlessQuery(params.unless, params.chdir)]),
  ];
}

/** Whether a task has to know something before it can run. */
export function isGuarded({ creates, removes, unless }: Guards): boolean {
  return creates !== undefined || removes !== undefined || unless !== undefined;
}

/** With something by which a task knows that there is nothing to do, that there is something is a state of the host. */
export function kindOf(params: Guards): Pick<Change, 'kind'> {
  return isGuarded(params) ? {} : { kind: 'action' };
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
  const { unless } = params;
  if (unless !== undefined && answers.get<'command'>(unlessQuery(unless, params.chdir)).rc === 0)
    return `skipped, since ${unless} ended with 0`;
  return undefined;
}

/** What `unless` has said of why there is something to do: the first line of it, or null. */
export function unlessSaid({ unless, chdir }: Guards, answers: Answers): string | null {
  if (unless === undefined) return null;
  const { stdout } = answers.get<'command'>(unlessQuery(unless, chdir));
  return (
    stdout
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? null
  );
}

// The shell expands the unquoted $1; IFS is emptied so that a blank in the path does not split it.
const GLOB = 'IFS=; for path in $1; do if [ -e "$path" ] || [ -L "$path" ]; then exit 0; fi; done; exit 1';

function existenceQuery(path: string, chdir: string | undefined): FileQuery | ScriptQuery {
  const full = path.startsWith('/') || chdir === undefined ? path : `${chdir.replace(/\/+$/, '')}/${path}`;
  return /[*?[]/.test(full) ? { kind: 'script', code: GLOB, args: [full] } : { kind: 'file', path: full };
}

function unlessQuery(unless: string, chdir: string | undefined): CommandQuery {
  return { kind: 'command', argv: toWords(unless, 'unless'), ...(chdir === undefined ? {} : { cwd: chdir }) };
}
