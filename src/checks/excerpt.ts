import { cutLine } from '../cut.js';

/** A piece of what a host said, on one line and not too long, for a message. */
export function excerpt(text: string, length = 120): string {
  return cutLine(text, length);
}
