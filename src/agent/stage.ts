import { randomBytes } from 'node:crypto';
import { TaskError } from '../errors.js';
import type { Exchange, RequestOptions } from './exchange.js';
import { quote } from './quote.js';
import type { Step } from './step.js';

/** Larger contents are put together on the host piece by piece, so that no shell has to hold them whole. */
const LARGEST_INLINE = 1024 * 1024;
const PIECE = 384 * 1024;

/** Send the contents of large write steps ahead into temporary files beside their targets. */
export async function stageContent(
  steps: readonly Step[],
  exchange: Exchange,
  options: RequestOptions,
): Promise<Map<number, string>> {
  const staged = new Map<number, string>();
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'write' || step.content.length <= LARGEST_INLINE) continue;
    const slash = step.path.lastIndexOf('/');
    const path = `${step.path.slice(0, slash)}/.${step.path.slice(slash + 1)}.${randomBytes(6).toString('hex')}`;
    exchange.announceStaged(path);
    await sendPieces(step.content, path, exchange, options);
    staged.set(index, path);
  }
  return staged;
}

async function sendPieces(
  content: Buffer,
  path: string,
  exchange: Exchange,
  options: RequestOptions,
): Promise<void> {
  for (let from = 0; from < content.length; from += PIECE) {
    const piece = content.subarray(from, from + PIECE).toString('base64');
    const target = quote(path);
    const code = `( umask 077; printf %s ${piece} | base64 -d >>${target} || { rm -f -- ${target}; exit 1; } )`;
    const part = { code, ok: [0], keep: 4096 };
    const [output] = await exchange.run(
      {
        script: `{\n${code}\n}\nr=$?; say 0 $r\n`,
        parts: [part],
        uninterruptible: false,
        stepOf: () => undefined,
      },
      options,
    );
    if (output?.rc === 0) continue;
    throw new TaskError(`writing ${path} failed`, {
      detail: (output?.stderr.toString('utf8') ?? '').trim().split('\n'),
    });
  }
}
