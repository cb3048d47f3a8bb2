import { ProvisionError, formatPosition, replaceUnsafe } from '../errors.js';
import type { Emit, RunEvent } from '../events.js';

/** Of the form of the lines. It goes up when a field goes away or means another thing; new fields and types may come without. */
export const EVENTS_VERSION = 1;

/** One JSON object a line (NDJSON) for each event: the event itself, `version` and `time` (ISO 8601, UTC) before it. */
export function createJsonReporter(write: (line: string) => unknown, clock: () => Date): Emit {
  return (event) => write(`${jsonText(jsonEvent(event, clock()))}\n`);
}

/**
 * A value as JSON that can be shown: what JSON leaves as it is and a terminal does not is escaped in it, as JSON allows for every
 * character of a string.
 */
export function jsonText(value: unknown, indent?: number): string {
  return escapeInJson(JSON.stringify(value, undefined, indent));
}

/** The same of JSON that is there already. Its own line breaks stay. */
export function escapeInJson(json: string): string {
  return json
    .split('\n')
    .map((line) => replaceUnsafe(line, (char) => char.split('').map(unicodeEscape).join('')))
    .join('\n');
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** An event as it is written. docs/reference/events.schema.json */
export function jsonEvent(event: RunEvent, time: Date): Record<string, unknown> {
  const head = { version: EVENTS_VERSION, time: time.toISOString() };
  if (!('error' in event)) return { ...head, ...event };
  return { ...head, ...event, error: jsonError(event.error) };
}

function jsonError(error: ProvisionError): Record<string, unknown> {
  const { name, message, host, task, position, hint, detail } = error;
  return {
    kind: name,
    message,
    ...(host === undefined ? {} : { host }),
    ...(task === undefined ? {} : { task }),
    ...(position === undefined ? {} : { position: formatPosition(position) }),
    ...(hint === undefined ? {} : { hint }),
    detail,
  };
}
