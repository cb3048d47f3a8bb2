/** A text without its line breaks. */
export interface Joined {
  readonly text: string;
  /** where a character of it stands in the text as it was */
  at(index: number): number;
}

/**
 * The lines of a text as one: without breaks, escaped ones (`\n` in JSON) and what the next line is indented with. Undefined when there
 * is one line only.
 */
export function joinLines(text: string): Joined | undefined {
  const pieces: string[] = [];
  /** where each piece begins, in the joined text and in the text as it was */
  const starts: (readonly [joined: number, own: number])[] = [];
  let length = 0;
  let from = 0;
  BREAK.lastIndex = 0;
  for (;;) {
    const found = BREAK.exec(text);
    const end = found ? found.index : text.length;
    if (end > from) {
      starts.push([length, from]);
      pieces.push(text.slice(from, end));
      length += end - from;
    }
    if (!found) break;
    from = BREAK.lastIndex;
  }
  if (from === 0) return undefined;
  return { text: pieces.join(''), at: (index) => ownPlace(index, starts) };
}

// Bounded: a run of backslashes is looked at once.
const BREAK = /(?:\r?\n|\\{1,8}r\\{1,8}n|\\{1,8}n)[ \t]*/g;

function ownPlace(index: number, starts: readonly (readonly [number, number])[]): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]![0] <= index) low = middle;
    else high = middle - 1;
  }
  const [joined, own] = starts[low] ?? [0, 0];
  return own + index - joined;
}
