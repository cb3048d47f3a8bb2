import type { LinkStep, RunStep, ScriptStep, Step, WriteStep } from './step.js';
import { TaskError } from '../errors.js';
import { PROGRAM_TIMEOUT } from './limits.js';
import type { Part } from './part.js';
import { noteFile } from './note-file.js';
import { quote, quoteAll } from './quote.js';

/** Of each stream of a step, head and tail of this many bytes together are kept. */
export const STEP_KEEP = 128 * 1024;

type Surroundings = Pick<RunStep, 'cwd' | 'env' | 'stdin'>;

/** A step as a part of a script. `staged`: the host's file that already holds the content of a write step. */
export function compileStep(step: Step, staged: string | undefined): Part {
  const ok = step.kind === 'run' || step.kind === 'script' ? (step.ok ?? [0]) : [0];
  return { code: codeOf(step, staged), ok, keep: STEP_KEEP };
}

function codeOf(step: Step, staged: string | undefined): string {
  switch (step.kind) {
    case 'run':
      return inShell(step, `exec ${quoteAll(step.argv)}`);
    case 'script':
      return scriptCode(step);
    case 'write':
      return writeCode(step, staged);
    case 'link':
      return linkCode(step);
  }
}

/** A probe's command: the same as a step's, with a limit of its own in seconds. */
export function commandCode(
  command: Surroundings & { readonly argv: readonly string[]; readonly timeout?: number | undefined },
): string {
  return inShell(
    command,
    `exec timeout -k 5 ${command.timeout ?? PROGRAM_TIMEOUT} ${quoteAll(command.argv)}`,
  );
}

/** A piece of sh with positional parameters, in a shell of its own. */
export function evalCode(code: string, args: readonly string[], surroundings: Surroundings = {}): string {
  return inShell(surroundings, `set -- ${quoteAll(args)}\n${code}`);
}

function scriptCode(step: ScriptStep): string {
  const args = step.args ?? [];
  if (step.shell === undefined || step.shell === '/bin/sh') return evalCode(step.code, args, step);
  // Another shell reads the code from a pipe of its own: it is in no argv and no file, and standard input stays free.
  return inShell(
    step,
    `exec 7<&0\nprintf '%s\\n' ${quote(step.code)} | { exec 8<&0 <&7 7<&-; exec ${quote(step.shell)} /dev/fd/8 ${quoteAll(args)}; }`,
  );
}

/**
 * Code in a shell of its own. What it holds is in variables first: of a program that a signal ended bash prints the
 * command, and that must not show a secret.
 */
function inShell({ cwd, env, stdin }: Surroundings, code: string): string {
  const body = [
    ...(cwd === undefined ? [] : [`cd -- ${quote(cwd)} || exit 1`]),
    ...Object.entries(env ?? {}).map(([name, value]) => `export ${variableName(name)}=${quote(value)}`),
    code,
  ].join('\n');
  const run = '( eval "$body" )';
  const set = `body=${quote(body)}\n`;
  return stdin === undefined ? `${set}${run}` : `stdin=${quote(stdin)}\n${set}printf %s "$stdin" | ${run}`;
}

function variableName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new TaskError(`"${name}" cannot be the name of an environment variable`, {
    hint: 'use letters, digits and underscores',
  });
}

function writeCode(step: WriteStep, staged: string | undefined): string {
  const mode = step.mode === undefined ? '' : step.mode.toString(8).padStart(4, '0');
  const check = step.validate === undefined ? '' : step.validate.map(candidateWord).join(' ');
  const path = step.path.startsWith('/') ? step.path : `/${step.path}`;
  const words = [
    path,
    mode,
    step.owner ?? '',
    step.group ?? '',
    step.backup === true ? 'yes' : '',
    check,
    staged ?? '',
    noteFile(path),
  ];
  const call = `( put_file ${quoteAll(words)} )`;
  return staged === undefined
    ? `content=${quote(step.content.toString('base64'))}\nprintf %s "$content" | ${call}`
    : call;
}

/** A word of a validation, in which %s is the candidate. */
function candidateWord(word: string): string {
  const pieces = word.split('%s').map((piece) => (piece === '' ? '' : quote(piece)));
  return pieces.join('"$new"') || "''";
}

function linkCode(step: LinkStep): string {
  const path = step.path.startsWith('/') ? step.path : `/${step.path}`;
  return `( put_link ${quoteAll([path, step.target])} )`;
}
