/** Collects a stream and keeps its head and tail only: memory stays bounded however much a program prints. */
export interface Capped {
  add(bytes: Buffer): void;
  /** what was kept; where bytes were left out, a line says how many */
  take(): Buffer;
}

export function createCapped(keep: number): Capped {
  const half = Math.ceil(keep / 2);
  const head: Buffer[] = [];
  let headLength = 0;
  let tail: Buffer[] = [];
  let tailLength = 0;
  let total = 0;

  return {
    add(bytes) {
      total += bytes.length;
      const toHead = Math.min(half - headLength, bytes.length);
      // Copied: a slice would keep the whole chunk of the socket alive.
      if (toHead > 0) head.push(Buffer.from(bytes.subarray(0, toHead)));
      headLength += Math.max(toHead, 0);
      const remaining = bytes.subarray(Math.max(toHead, 0));
      if (remaining.length === 0) return;
      tail.push(Buffer.from(remaining.subarray(Math.max(0, remaining.length - half))));
      tailLength += tail.at(-1)?.length ?? 0;
      if (tailLength > 2 * half) {
        tail = [Buffer.concat(tail).subarray(tailLength - half)];
        tailLength = half;
      }
    },
    take() {
      const kept = Buffer.concat(tail).subarray(Math.max(0, tailLength - half));
      const omitted = total - headLength - kept.length;
      if (omitted === 0) return Buffer.concat([...head, kept]);
      return Buffer.concat([...head, Buffer.from(`\n... ${sizeText(omitted)} omitted ...\n`), kept]);
    },
  };
}

function sizeText(bytes: number): string {
  if (bytes < 10_240) return `${bytes} bytes`;
  return bytes < 10 * 1024 * 1024
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
