import type {
  AttributesStep,
  CopyStep,
  Place,
  Places,
  FoldersStep,
  RecurseStep,
  RunStep,
  ScriptStep,
  Step,
  TouchStep,
  WriteStep,
} from './step.js';
import { sumOf } from './content.js';
import { TaskError } from '../errors.js';
import { PROGRAM_TIMEOUT } from './limits.js';
import type { Part } from './part.js';
import { noteFile } from './note-file.js';
import { quote, quoteAll } from './quote.js';

/** Of each stream of a step, head and tail of this many bytes together are kept. */
export const STEP_KEEP = 128 * 1024;

/** Code with the rights that places ask for, and no limit but its task's; without one with the agent's own. Needs places.sh. */
export function atPlaces(at: Places | undefined, code: string): string {
  if (at === undefined) return code;
  const words = quoteAll([String(at.length), ...at.flatMap(({ path, how }) => [path, how]), code]);
  return `within=''\nby_owners ${words}\nr=$?; within=300; code $r`;
}

type Surroundings = Pick<RunStep, 'cwd' | 'env' | 'stdin'>;

/** A step as a part of a script. `staged`: the host's file that already holds the content of a write step. */
export function compileStep(step: Step, staged: string | undefined): Part {
  const ok = step.kind === 'run' || step.kind === 'script' ? (step.ok ?? [0]) : [0];
  return { code: codeOf(step, staged), ok, keep: STEP_KEEP };
}

function codeOf(step: Step, staged: string | undefined): string {
  switch (step.kind) {
    case 'run':
      return atPlaces(step.at, inShell(step, `exec ${quoteAll(step.argv)}`));
    case 'script':
      return atPlaces(step.at, scriptCode(step));
    case 'write':
      return writeCode(step, staged);
    case 'copy':
      return copyCode(step);
    case 'link':
      return byOwner(absolute(step.path), 'entry', 'put_link "$@"', [absolute(step.path), step.target]);
    case 'folders':
      return foldersCode(step);
    case 'attributes':
      return attributesCode(step);
    case 'recurse':
      return recurseCode(step);
    case 'remove':
      return byOwner(step.path, 'entry', 'remove "$@"', [step.what, step.path]);
    case 'touch':
      return touchCode(step);
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

/** The same, ended by timeout(1) after so many seconds. */
export function limitedCode(seconds: number): typeof evalCode {
  return (code, args, surroundings = {}) =>
    inShell(surroundings, fedCode(`timeout -k 5 ${seconds} sh`, code, args));
}

function scriptCode(step: ScriptStep): string {
  const args = step.args ?? [];
  if (step.shell === undefined || step.shell === '/bin/sh') return evalCode(step.code, args, step);
  return inShell(step, fedCode(quote(step.shell), step.code, args));
}

/**
 * Another shell reads code and parameters from a pipe of its own: they are in no argv, which all users of a host can see, and in no
 * file, and standard input stays free. What the code starts does not have the pipe.
 */
function fedCode(shell: string, code: string, args: readonly string[]): string {
  const fed = quote(`exec 8<&-\nset -- ${quoteAll(args)}\n${code}`);
  return `exec 7<&0\nprintf '%s\\n' ${fed} | { exec 8<&0 <&7 7<&-; exec ${shell} /dev/fd/8; }`;
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
  const path = absolute(step.path);
  if (staged === undefined) {
    if (!Buffer.isBuffer(step.content))
      throw new Error('a file of the controller goes by way of a staged one');
    const call = byOwner(path, 'entry', 'put_file "$@"', putWords(step, 'base64 -d'));
    return `content=${quote(step.content.toString('base64'))}\nprintf %s "$content" | ${call}${noted(path)}`;
  }
  // A file that goes into somebody else's folder was put together elsewhere, and is read from there.
  const spooled = byOwner(path, 'entry', 'put_file "$@"', putWords(step, 'cat'));
  const own = `${byOwner(path, 'entry', 'put_file "$@"', putWords(step, 'cat').slice(0, -1))} "$staged"`;
  return `if [ -n "$unstaged" ]; then printf '%s: %s\\n' ${quote(path)} "$unstaged" >&2; rm -f -- "$staged"; false
elif ! arrived ${sumOf(step.content)}; then printf '%s: what arrived is not what was to be sent\\n' ${quote(path)} >&2; rm -f -- "$staged"; false
elif [ -n "$spooled" ]; then ${spooled} <"$staged"; r=$?; rm -f -- "$staged"; code $r
else ${own}; fi${noted(path)}`;
}

function copyCode(step: CopyStep): string {
  const path = absolute(step.path);
  const from = absolute(step.from);
  // What cannot be read must not look like an empty file.
  const read = byOwner(from, 'follow', 'tell_size "$1" && read_file "$1"', [from]);
  return `${read} | ${byOwner(path, 'entry', 'put_file "$@"', putWords(step, 'sized'))}${noted(path)}`;
}

/** The words of put_file, without a file that is staged. */
function putWords(step: Omit<WriteStep, 'kind' | 'content'>, decode: string): string[] {
  const mode = step.mode === undefined ? '' : step.mode.toString(8).padStart(4, '0');
  const check = step.validate === undefined ? '' : step.validate.map(candidateWord).join(' ');
  const backup = step.backup === true ? 'yes' : '';
  return [absolute(step.path), mode, step.owner ?? '', step.group ?? '', backup, check, decode, ''];
}

function noted(path: string): string {
  return ` && { [ -z "$holder" ] || note_writer ${quote(noteFile(path))} || :; }`;
}

/** Code with the rights that a path asks for: by_owner of owner.sh. */
export function byOwner(path: string, how: Place['how'], code: string, words: readonly string[]): string {
  return `by_owner ${quoteAll([path, how, code, ...words])}`;
}

function foldersCode({ paths, mode, owner, group }: FoldersStep): string {
  const attributes = [mode.toString(8).padStart(4, '0'), owner ?? '', group ?? ''];
  return paths.map((path) => byOwner(path, 'entry', 'put_folder "$@"', [path, ...attributes])).join(' &&\n');
}

function attributesCode({ path, owner, mode, follow }: AttributesStep): string {
  const at = follow ? '"${real:-$1}"' : '"$1"';
  return byOwner(path, follow ? 'follow' : 'entry', `set_attributes ${at} "$2" "$3"`, [
    path,
    owner ?? '',
    mode ?? '',
  ]);
}

function recurseCode({ path, owner, mode }: RecurseStep): string {
  return `recurse ${quoteAll([path, owner ?? '', mode ?? ''])}`;
}

function touchCode({ path, follow, access, modification, mode, owner, group }: TouchStep): string {
  const flags = [...(follow ? [] : ['-h']), ...(access ? ['-a'] : []), ...(modification ? ['-m'] : [])];
  const attributes = [mode === undefined ? '' : mode.toString(8).padStart(4, '0'), owner ?? '', group ?? ''];
  return byOwner(path, follow ? 'follow' : 'entry', 'put_times "$@"', [path, ...attributes, ...flags]);
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** A word of a validation, in which %s is the candidate. */
function candidateWord(word: string): string {
  const pieces = word.split('%s').map((piece) => (piece === '' ? '' : quote(piece)));
  return pieces.join('"$new"') || "''";
}
