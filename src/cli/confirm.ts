import { createInterface } from 'node:readline/promises';
import type { Io } from './io.js';

/** Ask a question of yes or no on the terminal. Anything but `y` or `yes` is a no, and so is the end of the input. */
export async function confirm(question: string, io: Io): Promise<boolean> {
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: true });
  // The end of the input leaves a question open for ever.
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    const asked = lines.question(`\n${question} [y/N] `, { signal: io.interrupted });
    return /^y(es)?$/i.test((await Promise.race([asked, closed])).trim());
  } catch {
    return false;
  } finally {
    lines.close();
  }
}
