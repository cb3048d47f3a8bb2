import { structuredPatch } from 'diff';
import { REDACTED, type Secrets } from '../variables/secrets.js';

/** What stands for a secret while texts are compared: two secrets that differ have to. */
const OPEN = '\ue000';
const CLOSE = '\ue001';
const TAG = /\ue000[^\ue000\ue001]*\ue001/g;

/**
 * The lines of a unified diff of two texts, secrets taken out. A line whose secret stays shows as unchanged, one whose secret
 * changes as changed, with a note where nothing else in it does. What stood where a secret shall stand is one, too, although
 * nobody told so: a password that is being changed.
 */
export function contentDiff(before: string, after: string, secrets: Secrets): string[] {
  const tags = new Map<string, string>();
  const tag = (value: string): string => {
    const known = tags.get(value) ?? `${OPEN}${tags.size}${CLOSE}`;
    tags.set(value, known);
    return known;
  };
  const newText = secrets.replace(untagged(after), tag);
  let former = 0;
  const oldText = hideFormer(secrets.replace(untagged(before), tag), newText, (value) => {
    // Every text of the run is looked through for each: no more of them than a file has passwords.
    if ((former += 1) <= MOST_FORMER) secrets.add(value);
    return tag(value);
  });
  const patch = structuredPatch('', '', oldText, newText, undefined, undefined, {
    context: 3,
    maxEditLength: MOST_EDITS,
  }) as ReturnType<typeof structuredPatch> | undefined;
  if (!patch) {
    return [
      `@@ more than ${MOST_EDITS} lines differ: ${lineCount(oldText)} lines before, ${lineCount(newText)} after @@`,
    ];
  }
  return patch.hunks.flatMap((hunk) => [
    `@@ -${rangeOf(hunk.oldStart, hunk.oldLines)} +${rangeOf(hunk.newStart, hunk.newLines)} @@`,
    ...shownLines(hunk.lines),
  ]);
}

/** Former secrets of one file that are kept out of all other texts, too. */
const MOST_FORMER = 50;

/** Lines that come and go, at most: the work grows with the square of them, and all other hosts wait for it. */
const MOST_EDITS = 2000;

function lineCount(text: string): number {
  return text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** A file may hold the characters that tags are made of, and is not to be taken for one. */
function untagged(text: string): string {
  return text.replace(/[\ue000\ue001]/g, '\ufffd');
}

/** Former secrets: what stands in an old line where a new line, alike before and behind, has a secret. */
function hideFormer(oldText: string, newText: string, hide: (value: string) => string): string {
  const lines = newText.split('\n');
  const patterns = lines.filter((line) => line.includes(OPEN)).map((line) => line.split(TAG));
  if (patterns.length === 0) return oldText;
  const kept = new Set(lines);
  return oldText
    .split('\n')
    .map((line) => {
      if (kept.has(line)) return line;
      for (const literals of patterns) {
        const values = valuesBetween(literals, line);
        if (values) {
          return literals
            .map((literal, index) => {
              const value = values[index] ?? '';
              return `${literal}${value === '' || value.includes(OPEN) ? value : hide(value)}`;
            })
            .join('');
        }
      }
      return line;
    })
    .join('\n');
}

/**
 * What a line has between the literal parts of another, each as short as can be and of one character at least; undefined: it is another
 * line. The first place of each part is the best one for those behind it, so that none has to be tried again.
 */
function valuesBetween(literals: readonly string[], line: string): string[] | undefined {
  const [first = '', ...others] = literals;
  const last = others.pop();
  if (last === undefined || !line.startsWith(first)) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (const literal of others) {
    const found = line.indexOf(literal, at + 1);
    if (found < 0) return undefined;
    values.push(line.slice(at, found));
    at = found + literal.length;
  }
  const end = line.length - last.length;
  if (end <= at || !line.endsWith(last)) return undefined;
  values.push(line.slice(at, end));
  return values.some((value) => /[\r\u2028\u2029]/.test(value)) ? undefined : values;
}

function shownLines(lines: readonly string[]): string[] {
  const open = (line: string): string => line.replace(TAG, REDACTED);
  const removed = new Set(lines.filter((line) => line.startsWith('-')).map((line) => open(line).slice(1)));
  return lines.flatMap((line) => {
    const shown = open(line);
    const onlySecret = line.startsWith('+') && line.includes(OPEN) && removed.has(shown.slice(1));
    return onlySecret ? [shown, '\\ only the secret in this line differs'] : [shown];
  });
}

/** A range of no lines begins at the line before it. */
function rangeOf(start: number, lines: number): string {
  return lines === 0 ? `${start - 1},0` : `${start},${lines}`;
}
