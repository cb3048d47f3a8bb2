import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import { stampOf, type FileContent } from '../agent/content.js';
import { TaskError, messageOf } from '../errors.js';
import { PendingValue } from '../template/scope.js';

/** The sums of large files of the controller: each is read once for all hosts, and again only after it was written to. */
export interface FileSums {
  /**
   * Large files as contents, in the order in which they are given.
   * @throws SumPending while a sum is not known yet, TaskError where a file could not be read
   */
  contentsOf(files: readonly LargeFile[]): FileContent[];
}

export interface LargeFile {
  /** absolute */
  readonly path: string;
  readonly stat: BigIntStats;
}

/** Large files of the controller are being read: their sums are there when `ready` settles. */
export class SumPending extends PendingValue {
  declare readonly ready: Promise<unknown>;
}

/** Do what needs sums as often as one of them is not there yet. */
export async function withSums<T>(work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SumPending)) throw error;
      await error.ready;
    }
  }
}

/** Files read at the same time. */
const AT_ONCE = 2;
/** Bytes that are read at a time. */
const PIECE = 512 * 1024;

interface Known {
  readonly stamp: string;
  readonly ready: Promise<void>;
  sum: string | TaskError | undefined;
}

export function createFileSums(): FileSums {
  const known = new Map<string, Known>();
  const limit = pLimit(AT_ONCE);

  function read(path: string, stamp: string): Known {
    const one: Known = {
      stamp,
      sum: undefined,
      ready: limit(() => sumOfFile(path, stamp)).then((sum) => void (one.sum = sum)),
    };
    known.set(path, one);
    return one;
  }
  return {
    contentsOf(files) {
      const asked = files.map(({ path, stat: found }) => {
        const stamp = stampOf(found);
        const before = known.get(path);
        // One that is written to all the time would be read for ever.
        const holds = before?.stamp === stamp || before?.sum instanceof TaskError;
        return { path, size: Number(found.size), stamp, one: holds ? before : read(path, stamp) };
      });
      const open = asked.filter(({ one }) => one.sum === undefined);
      const [first] = open;
      if (first)
        throw new SumPending(`the sum of ${first.path}`, Promise.all(open.map(({ one }) => one.ready)));
      return asked.map(({ path, size, stamp, one }) => {
        if (typeof one.sum === 'string') return { path, size, sha256: one.sum, stamp };
        // Whoever asks again has it read again.
        known.delete(path);
        throw one.sum as TaskError;
      });
    },
  };
}

async function sumOfFile(path: string, stamp: string): Promise<string | TaskError> {
  try {
    const sum = await readSum(path);
    // Of a file that is being written it is the sum of no content that there ever was.
    if (stampOf(await stat(path, { bigint: true })) === stamp) return sum;
    return new TaskError(`${path} changed while it was read`, {
      hint: 'run again when whatever writes it is done',
    });
  } catch (error) {
    return new TaskError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Through one buffer: a stream makes a new one for each piece, which all count until somebody collects them. */
async function readSum(path: string): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(PIECE);
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
