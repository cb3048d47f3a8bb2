import type { Loaded } from '../template/template.js';

/**
 * The value of an INI variable, as Ansible reads it: what is a Python literal (number, quoted string, list, tuple, set,
 * dict, True, False, None) becomes that; everything else is text as it stands (`yes`, `0644`, `a b`).
 */
export function parseIniValue(text: string): Loaded {
  const reader = new Reader(text);
  try {
    const value = reader.value();
    return reader.atEnd() ? value : text;
  } catch (error) {
    if (error instanceof NoLiteral) return text;
    throw error;
  }
}

class NoLiteral extends Error {}

const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[oO][0-7]+|0[bB][01]+|(?:0|[1-9]\d*(?:_\d+)*)?\.\d+(?:[eE][+-]?\d+)?|\d+\.(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|0+(?![\d_])|[1-9]\d*(?:_\d+)*)/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#skip();
    return this.#at === this.#text.length;
  }

  value(): Loaded {
    this.#skip();
    const char = this.#text[this.#at];
    if (char === "'" || char === '"') return this.#strings();
    if (char === '[') return this.#items(']');
    if (char === '(') return this.#tuple();
    if (char === '{') return this.#braces();
    const word = this.#word();
    return word === undefined ? this.#number() : word;
  }

  #skip(): void {
    const blank = /(?:\s|#.*)*/y;
    blank.lastIndex = this.#at;
    blank.exec(this.#text);
    this.#at = blank.lastIndex;
  }

  #take(char: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #word(): Loaded | undefined {
    const match = /(?:True|False|None)(?!\w)/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#text)?.[0];
    if (found === undefined) return undefined;
    this.#at += found.length;
    return found === 'None' ? null : found === 'True';
  }

  #number(): Loaded {
    NUMBER.lastIndex = this.#at;
    const found = NUMBER.exec(this.#text)?.[0];
    const next = this.#text[this.#at + (found?.length ?? 0)];
    if (found === undefined || (next !== undefined && /[\w.]/.test(next))) throw new NoLiteral();
    const digits = found.replaceAll('_', '').replace(/^[+-]/, '');
    const value = Number(digits) * (found.startsWith('-') ? -1 : 1);
    // An integer that a double cannot hold stays text, as in YAML.
    if (/^(?:0[xXoObB])?[\da-fA-F]+$/.test(digits) && !Number.isSafeInteger(value)) throw new NoLiteral();
    this.#at += found.length;
    return value === 0 ? 0 : value;
  }

  /** Strings that follow one another are one. */
  #strings(): string {
    let text = '';
    do {
      text += this.#string();
      this.#skip();
    } while (this.#text[this.#at] === "'" || this.#text[this.#at] === '"');
    return text;
  }

  #string(): string {
    const quote = this.#text[this.#at]!;
    let text = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at]!;
      if (char === quote) {
        this.#at += 1;
        return text;
      }
      text += char === '\\' ? this.#escape() : char;
    }
    throw new NoLiteral();
  }

  #escape(): string {
    this.#at += 1;
    const code = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})/y;
    code.lastIndex = this.#at;
    const match = code.exec(this.#text);
    if (match) {
      this.#at += match[0].length - 1;
      const hex = match[1] ?? match[2] ?? match[3];
      const point = hex === undefined ? parseInt(match[4]!, 8) : parseInt(hex, 16);
      if (point > 0x10ffff) throw new NoLiteral();
      return String.fromCodePoint(point);
    }
    const char = this.#text[this.#at];
    if (char === undefined || /[xuUN]/.test(char)) throw new NoLiteral();
    return ESCAPES[char] ?? `\\${char}`;
  }

  #items(closing: string): Loaded[] {
    this.#at += 1;
    const items: Loaded[] = [];
    while (!this.#take(closing)) {
      items.push(this.value());
      if (!this.#take(',') && this.#peek() !== closing) throw new NoLiteral();
    }
    return items;
  }

  #peek(): string | undefined {
    this.#skip();
    return this.#text[this.#at];
  }

  /** Parentheses around one value without a comma are only parentheses. */
  #tuple(): Loaded {
    const start = this.#at;
    const items = this.#items(')');
    const hasComma = items.length !== 1 || /,\s*\)$/.test(this.#text.slice(start, this.#at));
    return hasComma ? items : items[0]!;
  }

  #braces(): Loaded {
    this.#at += 1;
    if (this.#take('}')) return {};
    const first = this.value();
    if (!this.#take(':')) return this.#set(first);
    const map: Record<string, Loaded> = {};
    this.#put(map, first);
    while (!this.#take('}')) {
      if (!this.#take(',')) throw new NoLiteral();
      if (this.#take('}')) break;
      const key = this.value();
      if (!this.#take(':')) throw new NoLiteral();
      this.#put(map, key);
    }
    return map;
  }

  #put(map: Record<string, Loaded>, key: Loaded): void {
    if (typeof key === 'object' && key !== null) throw new NoLiteral();
    Object.defineProperty(map, String(key), {
      value: this.value(),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }

  #set(first: Loaded): Loaded {
    const items = [first];
    while (!this.#take('}')) {
      if (!this.#take(',')) throw new NoLiteral();
      if (this.#take('}')) break;
      items.push(this.value());
    }
    return items;
  }
}
