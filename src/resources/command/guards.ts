import type { Answers, CommandAnswer, CommandQuery, FileQuery, ScriptQuery } from '../../agent/query.js';
import type { JsonSchema } from '../../schema.js';
import { TaskError } from '../../errors.js';
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
    if (query.kind === 'file') return answers.get<'file'>(query).exists;
    const answer = answers.get<'script'>(query);
    if (answer.rc > 1 || answer.signal !== undefined) throw notAnswered(`whether ${path} exists`, answer);
    return answer.rc === 0;
  };
  if (params.creates !== undefined && exists(params.creates))
    return `skipped, since ${params.creates} exists`;
  if (params.removes !== undefined && !exists(params.removes)) {
    return `skipped, since ${params.removes} does not exist`;
  }
  const { unless } = params;
  if (unless === undefined) return undefined;
  const answer = answers.get<'command'>(unlessQuery(unless, params.chdir));
  if (answer.signal !== undefined || NO_VERDICT.includes(answer.rc))
    throw notAnswered(`unless: ${unless}`, answer);
  return answer.rc === 0 ? `skipped, since ${unless} ended with 0` : undefined;
}

/** timeout(1) ended it (124, 137 where it had to be killed), could not start it (125), or it is no program (126): it has not decided anything. */
const NO_VERDICT = [124, 125, 126, 137];

function notAnswered(question: string, { rc, signal, stdout, stderr }: CommandAnswer): TaskError {
  const late = rc === 124 || rc === 137;
  const how = late
    ? 'was ended by its time limit'
    : signal === undefined
      ? `ended with ${rc}`
      : `was ended by ${signal}`;
  return new TaskError(
    `${question} ${how}: whether there is something to do is not known, and nothing was done`,
    {
      detail: [stdout, stderr].flatMap((text) =>
        text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .slice(-5),
      ),
      hint: late
        ? 'find out what it waits for; a question has to be answered within 30 s'
        : 'run it on the host by hand',
    },
  );
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
