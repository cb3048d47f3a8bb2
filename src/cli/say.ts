import { escapeInJson } from '../reporters/json.js';
import type { Part } from '../reporters/text.js';
import { createWriter } from '../reporters/writer.js';
import type { Io } from './io.js';

/** A line on standard output, for people. */
export function say(io: Io, line: Part): void {
  createWriter(io.stdout).line(line);
}

/** A line on standard error: a warning, an error, what is going on. */
export function complain(io: Io, line: Part): void {
  createWriter(io.stderr).line(line);
}

/** JSON on standard output, for programs: with everything in it, and nothing that drives a terminal. */
export function sayJson(io: Io, json: string): void {
  io.stdout.write(`${escapeInJson(json)}\n`);
}

/** A text of the program's own that has several lines, such as the help. The last line may go on. */
export function sayLines(out: { write(text: string): unknown }, lines: string): void {
  const writer = createWriter(out);
  const all = lines.split('\n');
  const last = all.pop() ?? '';
  all.forEach(writer.line);
  if (last !== '') writer.ask(last);
}
