import { Text, type Part } from './text.js';

/** Where lines for people go. The only thing that writes to a terminal or a log: a line break is where it ends a line, and nowhere else. */
export interface Writer {
  line(part: Part): void;
  /** What somebody is to answer, on the same line. */
  ask(question: Part): void;
}

export function createWriter(out: { write(text: string): unknown }): Writer {
  return {
    line: (part) => void out.write(`${Text.of(part).toString()}\n`),
    ask: (question) => void out.write(Text.of(question).toString()),
  };
}
