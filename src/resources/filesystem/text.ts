import { isUtf8 } from 'node:buffer';

/** Bytes as text and back, without losing a byte. */
export interface Text {
  readonly text: string;
  /** a string of the user in the alphabet of `text` */
  encode(text: string): string;
  toBuffer(text: string): Buffer;
}

/** UTF-8 where the bytes are valid UTF-8; else each byte becomes one character, so that editing one line keeps the rest. */
export function decodeText(bytes: Buffer): Text {
  if (isUtf8(bytes)) {
    return {
      text: bytes.toString('utf8'),
      encode: (given) => given,
      toBuffer: (edited) => Buffer.from(edited, 'utf8'),
    };
  }
  return {
    text: bytes.toString('latin1'),
    encode: (given) => Buffer.from(given, 'utf8').toString('latin1'),
    toBuffer: (edited) => Buffer.from(edited, 'latin1'),
  };
}

/** A content of which only this is known. */
export interface ShownSum {
  /** bytes */
  readonly size: number;
  /** in hex; null: not asked for, as the sizes differ */
  readonly sha256: string | null;
}

export function shownSum({ size, sha256 }: ShownSum): ShownSum {
  return { size, sha256 };
}

/** Content as reporters can show it: a string, or the bytes where they are no text. */
export function showContent(bytes: Buffer): string | Buffer {
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : bytes;
}
