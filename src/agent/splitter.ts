/** What a stream of the agent consists of: bytes of the current part, and markers. */
export interface SplitterEvents {
  readonly data: (bytes: Buffer) => void;
  /** the words behind the nonce */
  readonly marker: (words: readonly string[]) => void;
}

/** No marker line is longer than this; a nonce that is followed by more is no marker. */
const LONGEST_MARKER = 4096;

/**
 * Take a byte stream apart at its marker lines (`\n<nonce> words\n`), however it is cut into chunks. The newline before a
 * marker belongs to it: what a program printed comes out as it was.
 */
export function createSplitter(nonce: string, events: SplitterEvents): (chunk: Buffer) => void {
  const start = Buffer.from(`\n${nonce} `);
  let rest: Buffer = Buffer.alloc(0);

  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const at = rest.indexOf(start);
      if (at < 0) {
        release(rest.length - partialMatch(rest, start));
        return;
      }
      release(at);
      const end = rest.indexOf(10, start.length);
      if (end < 0) {
        if (rest.length > LONGEST_MARKER) release(start.length);
        else return;
        continue;
      }
      const words = rest.toString('utf8', start.length, end).split(' ');
      rest = rest.subarray(end + 1);
      events.marker(words);
    }
  };

  function release(bytes: number): void {
    if (bytes > 0) events.data(rest.subarray(0, bytes));
    rest = rest.subarray(bytes);
  }
}

/** How many bytes at the end of `buffer` could be the beginning of `needle`. */
function partialMatch(buffer: Buffer, needle: Buffer): number {
  // It begins with a newline and holds no other one: only the last newline can be its beginning.
  const end = buffer.subarray(Math.max(0, buffer.length - needle.length + 1));
  const at = end.lastIndexOf(10);
  if (at < 0) return 0;
  const length = end.length - at;
  return end.subarray(at).equals(needle.subarray(0, length)) ? length : 0;
}
