import { createHash } from 'node:crypto';

/**
 * The name of the agent's note about a thing (a handler that is due, a file that was written): readable for who looks there,
 * and another one for every thing.
 */
export function noteFile(about: string): string {
  const readable = about.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60);
  return `${readable}.${createHash('sha256').update(about).digest('hex').slice(0, 16)}`;
}
