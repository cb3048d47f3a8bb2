import { structuredPatch } from 'diff';
import { REDACTED, type Secrets } from '../variables/secrets.js';

/** What stands for a secret while texts are compared: two secrets that differ have to. Private use characters are in no text. */
const OPEN = '\ue000';
const CLOSE = '\ue001';
const TAG = /\ue000[^\ue001]*\ue001/g;

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
  const newText = secrets.replace(after, tag);
  const oldText = hideFormer(secrets.replace(before, tag), newText, (value) => {
    secrets.add(value);
    return tag(value);
  });
  const { hunks } = structuredPatch('', '', oldText, newText, undefined, undefined, { context: 3 });
  return hunks.flatMap((hunk) => [
    `@@ -${rangeOf(hunk.oldStart, hunk.oldLines)} +${rangeOf(hunk.newStart, hunk.newLines)} @@`,
    ...shownLines(hunk.lines),
  ]);
}

/** Former secrets: what stands in an old line where a new line, alike before and behind, has a secret. */
function hideFormer(oldText: string, newText: string, hide: (value: string) => string): string {
  const lines = newText.split('\n');
  const patterns = lines.filter((line) => line.includes(OPEN)).map(patternOf);
  if (patterns.length === 0) return oldText;
  const kept = new Set(lines);
  return oldText
    .split('\n')
    .map((line) => {
      if (kept.has(line)) return line;
      const pattern = patterns.find((one) => one.test(line));
      if (!pattern) return line;
      return line.replace(pattern, (_whole, ...groups: unknown[]) =>
        // Literal parts and secrets take turns.
        groups
          .slice(
            0,
            groups.findIndex((one) => typeof one === 'number'),
          )
          .map((part, index) =>
            index % 2 === 0 || String(part).includes(OPEN) ? String(part) : hide(String(part)),
          )
          .join(''),
      );
    })
    .join('\n');
}

function patternOf(line: string): RegExp {
  const literals = line.split(TAG).map((part) => `(${part.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&')})`);
  return new RegExp(`^${literals.join('(.+?)')}$`);
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
