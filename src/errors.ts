/** A place in a file of the user. `line` and `col` count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

/** What else an error can say. `detail` holds lines to show below the message, for example the last output of a program. */
export interface ErrorContext {
  readonly position?: Position | undefined;
  readonly host?: string | undefined;
  readonly task?: string | undefined;
  readonly hint?: string | undefined;
  readonly detail?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/** The base of every error that a user is meant to read: what failed, where, why, and what to try. */
export abstract class ProvisionError extends Error {
  readonly position: Position | undefined;
  readonly host: string | undefined;
  readonly task: string | undefined;
  readonly hint: string | undefined;
  readonly detail: readonly string[];

  constructor(message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = new.target.name;
    this.position = context.position;
    this.host = context.host;
    this.task = context.task;
    this.hint = context.hint;
    this.detail = context.detail ?? [];
  }
}

/** The command line is wrong. */
export class UsageError extends ProvisionError {}

/** A file of the user (inventory, playbook, role, template, schema) is wrong; found before or while evaluating it. */
export class ConfigurationError extends ProvisionError {}

/** A host could not be reached, refused the login, or showed a wrong key. */
export class UnreachableError extends ProvisionError {}

/** A task could not be planned or its steps failed on the host. */
export class TaskError extends ProvisionError {}

/**
 * What a task needs is not on the host: a folder, a user, a package, a unit. In a dry run an earlier task may be the one
 * that would have made it, so there it means "may change" and is not a failure.
 */
export class MissingPrerequisiteError extends TaskError {}

/** The machine lacks something that the local cluster needs, or one of its commands failed. */
export class ClusterError extends ProvisionError {}

/** What was thrown although nothing of its kind should be: a mistake of provision, met while a host was worked on. Only that host fails. */
export class DefectError extends ProvisionError {}

/** How much of a message is shown that may hold what a host has said. */
const LONGEST_MESSAGE = 300;

/** Anything that was thrown while a host was worked on, as the error that this host has. */
export function hostError(error: unknown, host: string, context: ErrorContext = {}): ProvisionError {
  if (error instanceof ProvisionError) return error;
  const message = messageOf(error).slice(0, LONGEST_MESSAGE);
  return new DefectError(`a defect, on ${host}: ${message}; please report it`, {
    ...context,
    host,
    hint: 'the other hosts go on; PROVISION_DEBUG=1 shows where it comes from',
    cause: error,
  });
}

/** The message of anything that was thrown. What is no JSON is not quoted, as V8 does from its midst: it may be a secret. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  const said = fileProblem(error);
  if (said !== undefined) return said;
  if (name !== 'SyntaxError' || !message.endsWith(' is not valid JSON')) return message;
  const token = /^Unexpected token '.{1,2}'(?=, )/su.exec(message);
  return token ? `${token[0]} in JSON` : 'not valid JSON';
}

/** What the system says of a file, in words. */
function fileProblem({ code, path, syscall }: NodeJS.ErrnoException): string | undefined {
  if (code === undefined || syscall === undefined) return undefined;
  const file = path === undefined ? 'it' : path;
  switch (code) {
    case 'ENOENT':
      return path === undefined ? undefined : `${file} does not exist`;
    case 'EACCES':
    case 'EPERM':
      return path === undefined ? undefined : `no permission: ${syscall} of ${file}`;
    case 'EISDIR':
      return `${file} is a folder`;
    case 'ENOTDIR':
      return path === undefined ? undefined : `${file}: a part of this path is not a folder`;
    case 'ELOOP':
      return path === undefined ? undefined : `${file}: its links go in a circle`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `the disk is full${path === undefined ? '' : `: ${file}`}`;
    case 'EROFS':
      return path === undefined ? undefined : `${file} is on a file system that is read-only`;
    default:
      return undefined;
  }
}

/** `file:line:col`, as editors and terminals link it. */
export function formatPosition(position: Position): string {
  return `${position.file}:${position.line}:${position.col}`;
}

/**
 * A text on one line, with everything made visible that would drive a terminal or deceive who reads it: control characters, marks of the
 * direction of writing, what breaks lines elsewhere, halves of surrogate pairs, characters without width. Tabs stay, and so do the two joiners
 * between letters of scripts that need them (and in emoji); beside ASCII they do nothing but hide.
 */
export function escapeControl(text: string): string {
  return replaceUnsafe(text, escapeOne);
}

/** A text with something else in the place of each character of that kind. */
export function replaceUnsafe(text: string, instead: (char: string) => string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, instead);
}

/** Nearly every text. */
const PLAIN = /^[\t\x20-\x7e]*$/;

// C0 and C1, soft hyphen, direction (061C, 200E-F, 202A-E, 2066-9), no width (180E, 200B, 2060-5, FEFF, FFF9-B, tags), line and paragraph separator.
const UNSAFE =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}|(?<=^|[\0-\x7f])[\u200c\u200d]|[\u200c\u200d](?=$|[\0-\x7f])/gu;

function escapeOne(char: string): string {
  if (char === '\n') return '\\n';
  if (char === '\r') return '\\r';
  const code = char.codePointAt(0)!.toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\u{${code}}`;
}
