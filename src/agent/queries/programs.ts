import type { CommandAnswer } from '../query.js';
import type { PartOutput } from '../part.js';
import { quote, quoteAll } from '../quote.js';
import { splitSignal } from '../signal.js';
import { commandCode, evalCode } from '../steps.js';
import type { QueryKind } from './kind.js';

export const command: QueryKind<'command'> = {
  single: true,
  compile: ([query]) => (query ? commandCode(query) : ':'),
  parse: (queries, output) => queries.map(() => answerOf(output)),
};

/** A probe in sh. With a limit it runs in a shell of its own, which timeout can end. */
export const script: QueryKind<'script'> = {
  single: true,
  compile([query]) {
    if (!query) return ':';
    const args = query.args ?? [];
    const code =
      query.timeout === undefined
        ? `(\n${evalCode(query.code, args)}\n)`
        : `timeout -k 5 ${query.timeout} sh -c ${quote(query.code)} sh ${quoteAll(args)}`;
    return query.stdin === undefined ? code : `printf %s ${quote(query.stdin)} | ${code}`;
  },
  parse: (queries, output) => queries.map(() => answerOf(output)),
};

function answerOf(output: PartOutput): CommandAnswer {
  const { signal, stderr } = splitSignal(output.rc, output.stderr.toString('utf8'));
  return {
    rc: output.rc,
    ...(signal === undefined ? {} : { signal }),
    stdout: output.stdout.toString('utf8'),
    stderr,
  };
}
