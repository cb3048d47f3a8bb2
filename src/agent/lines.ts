import { StringDecoder } from 'node:string_decoder';

/** Takes a byte stream apart into lines; `\n`, `\r\n` and the lone `\r` of a progress display end one. */
export interface Lines {
  add(bytes: Buffer, show: (line: string) => void): void;
  /** the stream is over: what is left is a line too */
  end(show: (line: string) => void): void;
}

/** A line without end is not kept for ever. */
const LONGEST = 65_536;

export function createLines(): Lines {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  return {
    add(bytes, show) {
      const text = rest + decoder.write(bytes);
      // A `\r` at the end may be half of a `\r\n`.
      const pieces = (text.endsWith('\r') ? text.slice(0, -1) : text).split(/\r\n|[\r\n]/);
      rest = (pieces.pop() ?? '').slice(-LONGEST) + (text.endsWith('\r') ? '\r' : '');
      for (const line of pieces) show(line);
    },
    end(show) {
      const line = (rest + decoder.end()).replace(/\r$/, '');
      if (line !== '' || rest === '\r') show(line);
      rest = '';
    },
  };
}
