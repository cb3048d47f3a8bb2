import type { LinkStep, RunStep, ScriptStep, Step, WriteStep } from './step.js';
import type { Part } from './part.js';
import { quote, quoteAll } from './quote.js';

/** Of each stream of a step, head and tail of this many bytes together are kept. */
const KEEP = 128 * 1024;

/** A step as a part of a script. `staged`: the host's file that already holds the content of a write step. */
export function compileStep(step: Step, staged: string | undefined): Part {
  const ok = step.kind === 'run' || step.kind === 'script' ? (step.ok ?? [0]) : [0];
  return { code: codeOf(step, staged), ok, keep: KEEP };
}

function codeOf(step: Step, staged: string | undefined): string {
  switch (step.kind) {
    case 'run':
      return wrap(step, `exec ${quoteAll(step.argv)}`);
    case 'script':
      return wrap(step, scriptCode(step));
    case 'write':
      return writeCode(step, staged);
    case 'link':
      return linkCode(step);
  }
}

/** A probe's command: the same as a step's, with a limit of its own. */
export function commandCode(
  command: Pick<RunStep, 'argv' | 'stdin' | 'cwd' | 'env'> & { readonly timeout?: number | undefined },
): string {
  return wrap(command, `exec timeout -k 5 ${command.timeout ?? 30} ${quoteAll(command.argv)}`);
}

/** sh with positional parameters, in a shell of its own. */
export function evalCode(code: string, args: readonly string[]): string {
  return `set -- ${quoteAll(args)}\neval ${quote(code)}`;
}

function scriptCode(step: ScriptStep): string {
  const args = step.args ?? [];
  if (step.shell === undefined || step.shell === '/bin/sh') return evalCode(step.code, args);
  // Another shell gets the code on its own descriptor: not in argv, and standard input stays free.
  return `exec ${quote(step.shell)} /dev/fd/8 ${quoteAll(args)} 8<<'PROVISION_SCRIPT_END'\n${step.code}\nPROVISION_SCRIPT_END`;
}

function wrap(
  step: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly stdin?: string;
    readonly uninterruptible?: boolean;
  },
  code: string,
): string {
  const lines = [
    ...(step.cwd === undefined ? [] : [`cd -- ${quote(step.cwd)} || exit 1`]),
    ...Object.entries(step.env ?? {}).map(([name, value]) => `export ${quote(name)}=${quote(value)}`),
    code,
  ];
  const body = `(\n${lines.join('\n')}\n)`;
  const fed = step.stdin === undefined ? body : `printf %s ${quote(step.stdin)} | ${body}`;
  return step.uninterruptible === true ? `main() {\n${fed}\n}\nsurvive main` : fed;
}

function writeCode(step: WriteStep, staged: string | undefined): string {
  const mode = step.mode === undefined ? '' : step.mode.toString(8).padStart(4, '0');
  const check = step.validate === undefined ? '' : step.validate.map(candidateWord).join(' ');
  const words = [
    step.path,
    mode,
    step.owner ?? '',
    step.group ?? '',
    step.backup === true ? 'yes' : '',
    check,
    staged ?? '',
  ];
  const call = `( put_file ${words.map((word) => quote(word) || "''").join(' ')} )`;
  return staged === undefined ? `printf %s ${step.content.toString('base64') || "''"} | ${call}` : call;
}

/** A word of a validation, in which %s is the candidate. */
function candidateWord(word: string): string {
  return (
    word
      .split('%s')
      .map((piece) => (piece === '' ? '' : quote(piece)))
      .join('"$new"') || "''"
  );
}

function linkCode(step: LinkStep): string {
  return `( put_link ${quote(step.path)} ${quote(step.target)} )`;
}
