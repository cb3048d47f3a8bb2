import { createInterface } from 'node:readline/promises';
import type { Io } from './io.js';

/** Ask a question of yes or no on the terminal. Anything but `y` or `yes` is a no, and so is the end of the input. */
export async function confirm(question: string, io: Io): Promise<boolean> {
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: true });
  try {
    const answer = await lines.question(`\n${question} [y/N] `, { signal: io.interrupted });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    lines.close();
  }
}
