/** Collects a stream and keeps its head and tail only: memory stays bounded however much a program prints, and in how small pieces. */
export interface Capped {
  add(bytes: Buffer): void;
  /** what was kept; where bytes were left out, a line says how many */
  take(): Buffer;
  /** bytes were left out */
  readonly cut: boolean;
}

export function createCapped(keep: number): Capped {
  const half = Math.ceil(keep / 2);
  let head: Buffer = Buffer.alloc(0);
  /** a ring once it is full */
  let tail: Buffer = Buffer.alloc(0);
  let headLength = 0;
  /** bytes that were added behind the head */
  let behind = 0;

  return {
    add(bytes) {
      const toHead = Math.min(half - headLength, bytes.length);
      if (toHead > 0) {
        head = withRoom(head, headLength + toHead, half);
        headLength += bytes.copy(head, headLength, 0, toHead);
      }
      addToTail(toHead > 0 ? bytes.subarray(toHead) : bytes);
    },
    take() {
      const kept = tailBytes();
      const omitted = behind - kept.length;
      const own = head.subarray(0, headLength);
      if (omitted === 0) return Buffer.concat([own, kept]);
      return Buffer.concat([own, Buffer.from(`\n... ${sizeText(omitted)} omitted ...\n`), kept]);
    },
    get cut() {
      return behind > half;
    },
  };

  function addToTail(bytes: Buffer): void {
    tail = withRoom(tail, Math.min(behind + bytes.length, half), half);
    // Of more than the tail holds only the end stays.
    const from = Math.max(0, bytes.length - half);
    behind += from;
    for (let at = from; at < bytes.length;) {
      const copied = bytes.copy(tail, behind % half, at);
      behind += copied;
      at += copied;
    }
  }

  function tailBytes(): Buffer {
    if (behind <= half) return tail.subarray(0, behind);
    const start = behind % half;
    return Buffer.concat([tail.subarray(start), tail.subarray(0, start)]);
  }
}

/** The same bytes in a buffer of at least that size; it doubles, up to `most`. */
function withRoom(buffer: Buffer, size: number, most: number): Buffer {
  if (size <= buffer.length) return buffer;
  const larger = Buffer.alloc(Math.min(most, Math.max(size, 2 * buffer.length, 256)));
  buffer.copy(larger);
  return larger;
}

function sizeText(bytes: number): string {
  if (bytes < 10_240) return `${bytes} bytes`;
  return bytes < 10 * 1024 * 1024
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
