import { StringDecoder } from 'node:string_decoder';

/** Takes a byte stream apart into lines; `\n`, `\r\n` and the lone `\r` of a progress display end one. */
export interface Lines {
  add(bytes: Buffer, show: (line: string) => void): void;
  /** the stream is over: what is left is a line too */
  end(show: (line: string) => void): void;
}

/** A line without end is not kept for ever: what is older than the last so many characters goes. */
const LONGEST = 65_536;
const [NEWLINE, CARRIAGE] = [10, 13];

export function createLines(): Lines {
  const decoder = new StringDecoder('utf8');
  let rest: string[] = [];
  let length = 0;
  /** the last character was a `\r`: a `\n` behind it ends no other line */
  let carriage = false;

  return {
    // Only what has come is looked at: a host that sends single bytes must not have the same line looked through for each.
    add(bytes, show) {
      const text = decoder.write(bytes);
      let from = 0;
      for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        if (code !== NEWLINE && code !== CARRIAGE) {
          carriage = false;
          continue;
        }
        if (code === CARRIAGE || !carriage) {
          keep(text.slice(from, at));
          show(taken());
        }
        carriage = code === CARRIAGE;
        from = at + 1;
      }
      keep(text.slice(from));
    },
    end(show) {
      keep(decoder.end());
      if (length > 0) show(taken());
      carriage = false;
    },
  };

  function keep(text: string): void {
    if (text === '') return;
    rest.push(text.slice(-LONGEST));
    length += Math.min(text.length, LONGEST);
    if (length > 2 * LONGEST || rest.length > LONGEST) {
      rest = [rest.join('').slice(-LONGEST)];
      length = rest[0]!.length;
    }
  }

  function taken(): string {
    const line = rest.join('').slice(-LONGEST);
    rest = [];
    length = 0;
    return line;
  }
}
