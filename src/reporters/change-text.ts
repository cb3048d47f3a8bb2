import type { ChangeView } from '../events.js';
import { cut } from '../cut.js';
import type { Palette } from './palette.js';
import { Text } from './text.js';

/** The changes of one thing: its line, and the differences of its content. */
export interface ShownChange {
  readonly line: string;
  readonly diff: readonly string[];
}

/** `+ path  content: 12 bytes, mode: 0644`, `~ path  mode: 0644 -> 0600`: one for each thing that changes. */
export function changeTexts(changes: readonly ChangeView[]): ShownChange[] {
  const subjects = [...new Set(changes.map((change) => change.subject))];
  return subjects.map((subject) => {
    const fields = changes.filter((change) => change.subject === subject);
    return { line: lineOf(subject, fields), diff: fields.flatMap((change) => change.diff ?? []) };
  });
}

function lineOf(subject: string, fields: readonly ChangeView[]): string {
  const mark = fields.every(({ before }) => before === null)
    ? '+'
    : fields.every(({ after }) => after === null)
      ? '-'
      : '~';
  const texts = fields.map(({ field, before, after }) => {
    if (before === null) return `${field}: ${short(after ?? '')}`;
    return after === null ? `${field}: ${short(before)}` : `${field}: ${short(before)} -> ${short(after)}`;
  });
  return `${mark} ${subject}  ${texts.join(', ')}`;
}

function short(text: string): string {
  return cut(text.replaceAll('\n', '\\n'), 60);
}

export function paintDiff(line: string, palette: Palette): Text {
  if (line.startsWith('+')) return palette.green(line);
  if (line.startsWith('-')) return palette.red(line);
  return line.startsWith('@@') ? palette.cyan(line) : Text.of(line);
}
