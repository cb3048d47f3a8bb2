import { escapeControl } from '../errors.js';

/** A piece of what a host said, on one line and not too long, for a message. */
export function excerpt(text: string, length = 120): string {
  const line = escapeControl(text.trim().replace(/\s+/g, ' '));
  return line.length > length ? `${line.slice(0, length - 3)}...` : line;
}
