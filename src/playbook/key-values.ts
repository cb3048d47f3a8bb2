/** One `key=value` of a line. Offsets count in the line. */
export interface KeyValue {
  readonly key: string;
  readonly keyOffset: number;
  /** without the quotes around it */
  readonly text: string;
  readonly textOffset: number;
  readonly quoted: boolean;
}

/** Thrown for a line that is no list of `key=value`. */
export class KeyValueError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A word: quotes and template tags hold it together. */
const WORD = /(?:<%[\s\S]*?%>|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/gy;

/**
 * `name=nginx state=present`, as Ansible's short form has it. Quotes around a whole value are taken off; nothing is
 * unescaped.
 * @throws KeyValueError
 */
export function splitKeyValues(line: string): KeyValue[] {
  return splitLine(line).map(({ text, offset }) => {
    const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text);
    if (!match) throw new KeyValueError(`"${text}" is not of the form key=value`, offset);
    const [, key = '', value = ''] = match;
    const quoted = /^(["'])[\s\S]*\1$/.test(value) && value.length > 1;
    return {
      key,
      keyOffset: offset,
      text: quoted ? value.slice(1, -1) : value,
      textOffset: offset + key.length + 1 + (quoted ? 1 : 0),
      quoted,
    };
  });
}

/** The keys that are set in a line, whatever else stands there. */
export function keysIn(
  line: string,
): { readonly key: string; readonly offset: number; readonly first: boolean }[] {
  let words: { text: string; offset: number }[];
  try {
    words = splitLine(line);
  } catch {
    return [];
  }
  return words.flatMap(({ text, offset }, index) => {
    const key = /^([A-Za-z_]\w*)=/.exec(text)?.[1];
    return key === undefined ? [] : [{ key, offset, first: index === 0 }];
  });
}

function splitLine(line: string): { text: string; offset: number }[] {
  const words: { text: string; offset: number }[] = [];
  let at = 0;
  for (;;) {
    at += /^\s*/.exec(line.slice(at))![0].length;
    if (at >= line.length) return words;
    WORD.lastIndex = at;
    const match = WORD.exec(line);
    if (!match || /^["']/.test(line.slice(at + match[0].length))) {
      throw new KeyValueError('a quote is not closed', at + (match?.[0].length ?? 0));
    }
    words.push({ text: match[0], offset: at });
    at += match[0].length;
  }
}
