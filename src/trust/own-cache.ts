import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createPathTest } from './path.js';
import { thisUserAlone } from './who.js';

/**
 * Is what is kept at a path the user's alone, and not to be exchanged by others? It is run as code, so nobody else counts: not who
 * called this user through sudo, and no consent. What is not there yet may be made where nobody else can write.
 */
export function isOwn(path: string): boolean {
  return createPathTest(thisUserAlone())(path).faults.length === 0;
}

/** The same of a folder with all that is in it. */
export function isOwnTree(folder: string): boolean {
  const test = createPathTest(thisUserAlone());
  const whole = (path: string): boolean => {
    const { exists, faults, stat } = test(path);
    if (faults.length > 0) return false;
    return (
      !exists || (stat !== undefined && (stat.mode & 0o170000) !== 0o040000) || entries(path).every(whole)
    );
  };
  return whole(folder);
}

function entries(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}
