import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from '../errors.js';
import { createWriter } from '../reporters/writer.js';
import type { Io } from './io.js';

/** Ask for a secret on the terminal; what is typed is not shown. */
export async function promptSecret(question: string, io: Io): Promise<string> {
  if (io.stdin.isTTY !== true) {
    throw new UsageError(`cannot ask "${question}": standard input is no terminal`, {
      hint: 'put the key into ssh-agent, or the password into the inventory (vaulted)',
    });
  }
  const writer = createWriter(io.stderr);
  writer.ask(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: silent, terminal: true });
  // The end of the input leaves a question open for ever.
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  try {
    const answer = await Promise.race([lines.question(''), ended]);
    if (answer === undefined) throw new UsageError(`"${question.trim()}" was not answered`);
    return answer;
  } finally {
    lines.close();
    writer.line('');
  }
}

/** The same question is asked once, also when several hosts want the answer at the same time. */
export function rememberAnswers(
  ask: (question: string) => Promise<string>,
): (question: string) => Promise<string> {
  const answers = new Map<string, Promise<string>>();
  return (question) => {
    const answer = answers.get(question) ?? ask(question);
    answers.set(question, answer);
    return answer;
  };
}
