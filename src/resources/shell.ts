import type { CommandAnswer, ScriptQuery } from '../agent/query.js';
import { TaskError } from '../errors.js';
import {
  type Guards,
  guardProperties,
  guardQueries,
  isGuarded,
  kindOf,
  skipReason,
  unlessSaid,
} from './command/guards.js';
import { type CommandResult, commandResult } from './command-result.js';
import { quoteWord } from './command/quote-word.js';
import { resource } from './resource.js';

export interface ShellParams extends Guards {
  readonly cmd: string;
  readonly executable?: string;
  readonly stdin?: string;
  readonly stdin_add_newline?: boolean;
}

export const shell = resource<ShellParams>({
  name: 'shell',
  summary: 'Run a shell script.',
  freeForm: 'cmd',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['cmd'],
    properties: {
      cmd: { type: 'string', minLength: 1, description: 'The script.' },
      executable: {
        type: 'string',
        pattern: '^/',
        default: '/bin/sh',
        description: 'The interpreter, as an absolute path.',
      },
      ...guardProperties,
      stdin: { type: 'string', description: 'Text for standard input.' },
      stdin_add_newline: { type: 'boolean', default: true, description: 'End stdin with a newline.' },
    },
  },

  queries: guardQueries,

  plan(params, answers) {
    if (params.cmd.trim() === '')
      throw new TaskError('shell has nothing to run', { hint: 'give a script as cmd' });
    if (skipReason(params, answers) !== undefined) return [];
    return [
      {
        subject: firstLine(params.cmd),
        field: 'shell',
        before: unlessSaid(params, answers),
        after: 'run',
        ...kindOf(params),
      },
    ];
  },

  apply(params) {
    const { chdir } = params;
    const stdin = stdinOf(params);
    return [
      {
        kind: 'script',
        code: codeOf(params),
        ...(chdir === undefined ? {} : { cwd: chdir }),
        ...(stdin === undefined ? {} : { stdin }),
      },
    ];
  },

  result(params, answers, outputs) {
    const output = outputs[0];
    if (output) return { cmd: params.cmd, ...commandResult(output) };
    const msg = skipReason(params, answers);
    return {
      cmd: params.cmd,
      ...(msg === undefined ? {} : { msg }),
      ...commandResult({ rc: 0, stdout: '', stderr: '' }),
    };
  },
});

/**
 * The same run as a question, for a task that declares that it only reads (`changed_when: false`, `check_mode: false`).
 * Undefined with creates, removes or unless: those have to be known first.
 */
export function probe(params: ShellParams): ScriptQuery | undefined {
  if (isGuarded(params)) return undefined;
  const stdin = stdinOf(params);
  const code = codeOf(params);
  return {
    kind: 'script',
    ...(params.chdir === undefined
      ? { code }
      : { code: `cd -- "$1" || exit\nshift\n${code}`, args: [params.chdir] }),
    ...(stdin === undefined ? {} : { stdin }),
  };
}

/** What `register` gets from the answer to a probe. */
export function probeResult(params: ShellParams, answer: CommandAnswer): CommandResult & { cmd: string } {
  return { cmd: params.cmd, ...commandResult(answer) };
}

/**
 * The script for another interpreter comes on descriptor 3: neither in argv, where `ps` would show it, nor on standard
 * input, which is the script's own to read.
 */
function codeOf({ cmd, executable }: ShellParams): string {
  if (executable === undefined || executable === '/bin/sh') return cmd;
  let end = 'END_OF_SCRIPT';
  while (cmd.split('\n').includes(end)) end += '_';
  return `exec ${quoteWord(executable)} /dev/fd/3 3<<'${end}'\n${cmd}\n${end}\n`;
}

function stdinOf({ stdin, stdin_add_newline: newline }: ShellParams): string | undefined {
  if (stdin === undefined) return undefined;
  return newline !== false && !stdin.endsWith('\n') ? `${stdin}\n` : stdin;
}

function firstLine(cmd: string): string {
  const lines = cmd.split('\n').filter((line) => line.trim() !== '');
  return lines.length > 1 ? `${lines[0]} ...` : (lines[0] ?? '');
}
