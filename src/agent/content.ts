import { createHash } from 'node:crypto';

/** What is to be in a file of a host: the bytes, or a file of the controller that holds them. */
export type Content = Buffer | FileContent;

/** A file of the controller that is too large to be held in memory. It is read while it is sent. */
export interface FileContent {
  /** absolute */
  readonly path: string;
  /** bytes */
  readonly size: number;
  /** in hex */
  readonly sha256: string;
  /** what stampOf said when the sum was taken */
  readonly stamp: string;
}

/** Contents of more bytes than this are not held in memory, and do not go through a shell of the host. */
export const LARGEST_HELD = 256 * 1024;

export function sizeOf(content: Content): number {
  return Buffer.isBuffer(content) ? content.length : content.size;
}

/** The sha256 of a content, in hex. */
export function sumOf(content: Content): string {
  return Buffer.isBuffer(content) ? createHash('sha256').update(content).digest('hex') : content.sha256;
}

/** Differs when a file of the controller has been written to, or was replaced. */
export function stampOf(stat: {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}): string {
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':');
}
