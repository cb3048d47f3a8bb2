import { readFileSync } from 'node:fs';
import { packageFile } from '../package-file.js';

const texts = new Map<string, string>();

/** A file of this folder as hosts are sent it: what is indented or a comment is so for the reader. */
export function shellText(file: string): string {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(packageFile(`src/agent/${file}`), 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/^[ \t]+/gm, '');
  texts.set(file, text);
  return text;
}
