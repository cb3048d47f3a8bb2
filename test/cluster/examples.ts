import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './support.js';

/** The first example of a role's README.md, a play. */
export async function exampleOf(role: string): Promise<string> {
  const text = await readFile(join(root, 'roles', role, 'README.md'), 'utf8');
  const example = /^```yaml[^\n]*\n(.*?)^```$/ms.exec(text)?.[1];
  if (example === undefined) throw new Error(`roles/${role}/README.md has no example`);
  return example;
}

/** The same with other names and addresses. @throws Error when it has not what is to be replaced */
export function adapt(example: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the example does not have ${from}`);
    return text.replaceAll(from, to);
  }, example);
}
