import {
  ConfigurationError,
  ProvisionError,
  TaskError,
  escapeControl,
  type ErrorContext,
} from '../errors.js';
import type { RunEvent } from '../events.js';
import { UndefinedVariableError } from '../template/failure.js';
import type { Secrets } from '../variables/secrets.js';

/** What stands in the place of what `no_log` hides. */
export const HIDDEN = '(hidden by no_log)';

/**
 * An event as it may leave the run: no secret in any of its texts, and nothing in them by which a host could drive a terminal. Line
 * breaks stay: which of them begin a line is for a reporter to say.
 */
export function shownEvent(event: RunEvent, secrets: Secrets): RunEvent {
  if (event.type === 'output') return { ...event, line: escapeControl(secrets.redactLine(event.line)) };
  return showValue(event, secrets) as RunEvent;
}

/** An error as it may leave the run. Its class stays. */
export function shownError(error: ProvisionError, secrets: Secrets): ProvisionError {
  const text = (one: string): string => showText(one, secrets);
  const copy = Object.create(Object.getPrototypeOf(error) as object) as ProvisionError;
  const { hint, position, host, task, stack } = error;
  return Object.assign(copy, error, {
    message: text(error.message),
    detail: detailOf(error, secrets),
    ...(hint === undefined ? {} : { hint: text(hint) }),
    ...(position === undefined ? {} : { position: { ...position, file: text(position.file) } }),
    ...(host === undefined ? {} : { host: text(host) }),
    ...(task === undefined ? {} : { task: text(task) }),
    // Its first line is the message.
    stack: stack === undefined ? undefined : text(stack),
    cause: error.cause,
  });
}

/** Together, since a secret may go over several of these lines, and each by itself, since it may have begun before the first. */
function detailOf({ detail }: ProvisionError, secrets: Secrets): string[] {
  if (detail.length === 0) return [];
  const lines = secrets.redact(detail.join('\n')).split('\n');
  return lines.map((line) => showText(secrets.redactLine(line), secrets));
}

/** A value as JSON, for people: what is secret in it is taken out before it is quoted. */
export function shownJson(value: unknown, secrets: Secrets, indent?: number): string {
  const redacted = (_key: string, one: unknown): unknown =>
    typeof one === 'string' ? secrets.redact(one) : one;
  return secrets.redact(JSON.stringify(value, redacted, indent) ?? String(value));
}

/** A failed task's error with host, task and place. With `hide` nothing of the task's arguments and output is left in it. */
export function taskError(
  error: TaskError | ConfigurationError,
  where: ErrorContext,
  hide: boolean,
): TaskError | ConfigurationError {
  const context = { ...where, position: error.position ?? where.position };
  if (hide && !(error instanceof UndefinedVariableError)) {
    return new TaskError(`it failed ${HIDDEN}`, { ...context, hint: 'without no_log it tells why' });
  }
  const said = { ...context, hint: error.hint, detail: error.detail, cause: error };
  return error instanceof TaskError
    ? new TaskError(error.message, said)
    : new ConfigurationError(error.message, said);
}

/** The same of any value: every string in it, at any depth. */
export function showValue(value: unknown, secrets: Secrets): unknown {
  if (typeof value === 'string') return showText(value, secrets);
  if (value instanceof ProvisionError) return shownError(value, secrets);
  if (typeof value !== 'object' || value === null) return value;
  const shown = Object.entries(value).map(([key, one]) => [key, showValue(one, secrets)] as const);
  // Nearly every one is shown as it is.
  if (shown.every(([key, one]) => one === (value as Record<string, unknown>)[key])) return value;
  return Array.isArray(value) ? shown.map(([, one]) => one) : Object.fromEntries(shown);
}

/** Printable ASCII in lines: nearly every text of an event, and there is nothing to escape in it. */
const PLAIN = /^[\n\x20-\x7e]*$/;

export function showText(text: string, secrets: Secrets): string {
  const redacted = secrets.redact(text);
  return PLAIN.test(redacted) ? redacted : redacted.split('\n').map(escapeControl).join('\n');
}
