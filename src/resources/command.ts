import type { CommandAnswer, CommandQuery } from '../agent/query.js';
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
import { toWords } from './command/to-words.js';

export interface CommandParams extends Guards {
  readonly cmd?: string;
  readonly argv?: readonly (string | number)[];
  readonly stdin?: string;
  readonly stdin_add_newline?: boolean;
}

export const command = resource<CommandParams>({
  name: 'command',
  summary: 'Run a program without a shell.',
  freeForm: 'cmd',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      cmd: {
        type: 'string',
        description: 'The program and its arguments, split as sh does; nothing is expanded.',
      },
      argv: {
        type: 'array',
        items: { type: ['string', 'number'] },
        minItems: 1,
        description: 'The program and its arguments as a list, instead of cmd.',
      },
      ...guardProperties,
      stdin: { type: 'string', description: 'Text for standard input.' },
      stdin_add_newline: { type: 'boolean', default: true, description: 'End stdin with a newline.' },
    },
  },

  queries: guardQueries,

  plan(params, answers) {
    const argv = argvOf(params);
    if (skipReason(params, answers) !== undefined) return [];
    return [
      {
        subject: show(argv),
        field: 'command',
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
        kind: 'run',
        argv: argvOf(params),
        ...(chdir === undefined ? {} : { cwd: chdir }),
        ...(stdin === undefined ? {} : { stdin }),
      },
    ];
  },

  result(params, answers, outputs) {
    const output = outputs[0];
    const cmd = argvOf(params);
    if (output) return { cmd, ...commandResult(output) };
    const msg = skipReason(params, answers);
    return {
      cmd,
      ...(msg === undefined ? {} : { msg }),
      ...commandResult({ rc: 0, stdout: '', stderr: '' }),
    };
  },
});

/**
 * The same run as a question, for a task that declares that it only reads (`changed_when: false`, `check_mode: false`).
 * Undefined with creates, removes or unless: those have to be known first.
 * @throws TaskError when the command line cannot be split
 */
export function probe(params: CommandParams): CommandQuery | undefined {
  if (isGuarded(params)) return undefined;
  const { chdir } = params;
  const stdin = stdinOf(params);
  return {
    kind: 'command',
    argv: argvOf(params),
    ...(chdir === undefined ? {} : { cwd: chdir }),
    ...(stdin === undefined ? {} : { stdin }),
  };
}

/** What `register` gets from the answer to a probe. */
export function probeResult(params: CommandParams, answer: CommandAnswer): CommandResult & { cmd: string[] } {
  return { cmd: argvOf(params), ...commandResult(answer) };
}

function argvOf({ cmd, argv }: CommandParams): string[] {
  if (cmd !== undefined && argv !== undefined) {
    throw new TaskError('command takes cmd or argv, not both', { hint: 'keep one of them' });
  }
  const words = argv === undefined ? toWords(cmd ?? '', 'command') : argv.map(String);
  if (words.length === 0 || words[0] === '') {
    throw new TaskError('command has no program to run', { hint: 'give cmd (a text) or argv (a list)' });
  }
  return words;
}

function stdinOf({ stdin, stdin_add_newline: newline }: CommandParams): string | undefined {
  if (stdin === undefined) return undefined;
  return newline !== false && !stdin.endsWith('\n') ? `${stdin}\n` : stdin;
}

function show(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}
