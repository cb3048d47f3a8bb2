import { open, type FileHandle } from 'node:fs/promises';
import { TaskError, messageOf } from '../errors.js';
import { stampOf, type Content, type FileContent } from './content.js';

/** How far a large file is on its way to a host. In bytes. */
export interface Sent {
  /** where it goes */
  readonly path: string;
  readonly sent: number;
  readonly size: number;
}

export interface Sending {
  /** resolves when the link has taken the bytes */
  readonly write: (bytes: Buffer) => Promise<void>;
  /** nothing more is wanted: asked before each frame */
  readonly isEnough: () => boolean;
  readonly onSent: (about: Pick<Sent, 'sent' | 'size'>) => void;
}

/** Bytes that are read and written at a time: two of these are held for each host. */
const CHUNK = 256 * 1024;
/** Bytes of a frame. Each costs the host a process, and nothing can be said to it in the midst of one: a fast link gets larger ones. */
const SMALLEST_FRAME = 64 * 1024;
const FIRST_FRAME = 256 * 1024;
const LARGEST_FRAME = 8 * 1024 * 1024;
/** ms in which a frame should be sent */
const FRAME_WITHIN = 250;

/**
 * Send a content as D frames, no faster than the link takes it.
 * @throws TaskError where a file of the controller is not what it was when its sum was taken, or cannot be read
 */
export async function sendContent(content: Content, sending: Sending): Promise<void> {
  if (Buffer.isBuffer(content)) {
    await sendFrames(
      content.length,
      (from, length) => Promise.resolve(content.subarray(from, from + length)),
      sending,
    );
    return;
  }
  const file = await opened(content);
  try {
    await requireSame(file, content);
    const reader = readerOf(file, content);
    const isEnough = (): boolean => sending.isEnough() || reader.problem !== undefined;
    await sendFrames(content.size, reader.read, { ...sending, isEnough });
    if (reader.problem) throw reader.problem;
    if (!sending.isEnough()) await requireSame(file, content);
  } finally {
    await file.close();
  }
}

type Read = (from: number, length: number) => Promise<Buffer>;

async function sendFrames(size: number, read: Read, sending: Sending): Promise<void> {
  let [at, length] = [0, FIRST_FRAME];
  while (at < size && !sending.isEnough()) {
    const end = Math.min(size, at + length);
    const began = performance.now();
    await sending.write(Buffer.from(`D ${end - at}\n`));
    let written: Promise<void> = Promise.resolve();
    while (at < end) {
      const chunk = await read(at, Math.min(CHUNK, end - at));
      await written;
      at += chunk.length;
      const sent = at;
      written = sending.write(chunk).then(() => sending.onSent({ sent, size }));
    }
    await written;
    const ms = performance.now() - began;
    if (ms < FRAME_WITHIN / 2) length = Math.min(LARGEST_FRAME, length * 2);
    else if (ms > FRAME_WITHIN) length = Math.max(SMALLEST_FRAME, Math.floor(length / 2));
  }
}

async function opened(content: FileContent): Promise<FileHandle> {
  try {
    return await open(content.path);
  } catch (error) {
    throw unreadable(content, error);
  }
}

/**
 * Reads into two buffers in turn: the one before may still be on its way. What cannot be read is made up, since the frame that it is a part of
 * was announced; `problem` says so.
 */
function readerOf(
  file: FileHandle,
  content: FileContent,
): { readonly read: Read; problem: TaskError | undefined } {
  const buffers = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  const reader: ReturnType<typeof readerOf> = {
    problem: undefined,
    async read(from, length) {
      const [buffer] = buffers as [Buffer];
      buffers.reverse();
      let read = 0;
      while (read < length && !reader.problem) {
        try {
          const { bytesRead } = await file.read(buffer, read, length - read, from + read);
          read += bytesRead;
          if (bytesRead === 0) reader.problem = changed(content);
        } catch (error) {
          reader.problem = unreadable(content, error);
        }
      }
      return buffer.fill(0, read, length).subarray(0, length);
    },
  };
  return reader;
}

async function requireSame(file: FileHandle, content: FileContent): Promise<void> {
  if (stampOf(await file.stat({ bigint: true })) !== content.stamp) throw changed(content);
}

function changed({ path }: FileContent): TaskError {
  return new TaskError(`${path} changed after it was looked at: nothing of it was put in place`, {
    hint: 'run again when whatever writes it is done',
  });
}

function unreadable({ path }: FileContent, error: unknown): TaskError {
  return new TaskError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
}
