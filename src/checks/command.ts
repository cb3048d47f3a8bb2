import type { Answers, CommandAnswer, CommandQuery, ScriptQuery } from '../agent/query.js';
import { TaskError } from '../errors.js';
import { splitWords } from '../resources/split-words.js';
import { check } from './check.js';
import { everyHost, verdictOf } from './every-host.js';
import { excerpt } from './excerpt.js';
import { patternSchema, toPattern } from './pattern.js';

export interface CommandParams {
  readonly cmd?: string;
  readonly argv?: readonly (string | number)[];
  readonly shell?: string;
  readonly rc?: number | readonly number[];
  readonly stdout?: string;
  readonly stderr?: string;
  readonly timeout?: number;
}

export const command = check<CommandParams>({
  name: 'command',
  summary: 'A command that only reads ends as expected.',
  freeForm: 'cmd',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      cmd: {
        type: 'string',
        minLength: 1,
        description: 'The program and its arguments, split as sh does; nothing is expanded.',
      },
      argv: {
        type: 'array',
        items: { type: ['string', 'number'] },
        minItems: 1,
        description: 'The program and its arguments as a list, instead of cmd.',
      },
      shell: { type: 'string', minLength: 1, description: 'A script for sh, instead of cmd.' },
      rc: {
        type: ['integer', 'array'],
        items: { type: 'integer' },
        minItems: 1,
        default: 0,
        description: 'The exit code, or a list of those that are good.',
      },
      stdout: { ...patternSchema, description: 'An expression that matches in its output.' },
      stderr: { ...patternSchema, description: 'An expression that matches in its error output.' },
      timeout: { type: 'number', exclusiveMinimum: 0, default: 30, description: 'Seconds that it may take.' },
    },
  },

  queries(params) {
    for (const pattern of [params.stdout, params.stderr]) if (pattern !== undefined) toPattern(pattern);
    return [queryOf(params)];
  },

  verdict: (params, answers) => everyHost(answers, (known) => judge(params, known)),
});

function judge(params: CommandParams, answers: Answers): { ok: boolean; message: string } {
  const answer = answers.get<'command' | 'script'>(queryOf(params));
  // The source of a script says nothing to whoever reads this: the name of the check does.
  const subject =
    params.shell === undefined ? excerpt(params.cmd ?? (params.argv ?? []).join(' '), 60) : 'the script';
  const said = saidOf(answer);
  const codes = [params.rc ?? 0].flat();
  if (answer.signal !== undefined || !codes.includes(answer.rc)) {
    const end = answer.signal === undefined ? `with ${answer.rc}` : `by ${answer.signal}`;
    return {
      ok: false,
      message: `${subject} ended ${end}${said === '' ? (answer.signal === undefined ? ' and said nothing' : '') : ` (${said})`}, expected ${codes.join(' or ')}`,
    };
  }
  const wrong = (['stdout', 'stderr'] as const).flatMap((stream) => {
    const pattern = params[stream];
    if (pattern === undefined || toPattern(pattern).test(answer[stream])) return [];
    return [
      `${subject} said ${excerpt(answer[stream]) || 'nothing'}, expected a match of /${pattern}/ in its ${stream}`,
    ];
  });
  return verdictOf(wrong, `${subject} ended with ${answer.rc}${said === '' ? '' : `: ${said}`}`);
}

/** What it said. Where it used both streams they are named: the reason may be on either. */
function saidOf({ stdout, stderr }: CommandAnswer): string {
  const [out, err] = [excerpt(stdout), excerpt(stderr)];
  return out === '' || err === '' ? out || err : `stdout: ${out}; stderr: ${err}`;
}

function queryOf({ cmd, argv, shell, timeout }: CommandParams): CommandQuery | ScriptQuery {
  if ([cmd, argv, shell].filter((one) => one !== undefined).length !== 1) {
    throw new TaskError('command takes one of cmd, argv and shell', { hint: 'keep one of them' });
  }
  const limit = timeout === undefined ? {} : { timeout };
  if (shell !== undefined) return { kind: 'script', code: shell, ...limit };
  return { kind: 'command', argv: argv === undefined ? words(cmd!) : argv.map(String), ...limit };
}

function words(cmd: string): string[] {
  try {
    return splitWords(cmd);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TaskError(`cmd cannot be split into words: ${error.message}: ${cmd}`, {
      hint: 'quote as in sh',
      cause: error,
    });
  }
}
