import { randomBytes } from 'node:crypto';
import { LARGEST_HELD } from './content.js';
import type { AgentRequest } from './request.js';
import type { Step } from './step.js';

/** A request, or a part of one that is answered on its own. */
export interface RequestPiece extends AgentRequest {
  /** the file on the host that takes the content of the first step, a large write, before the script runs */
  readonly staged: string | undefined;
  readonly last: boolean;
}

/**
 * Large contents do not go through a shell: they are sent as they are into a temporary file beside their target.
 * Take a request apart before each large write, whose folder the steps before it may have to make first. Without one it
 * stays whole.
 */
export function splitRequest(request: AgentRequest): RequestPiece[] {
  const starts = [0, ...request.steps.flatMap((step, index) => (index > 0 && isLarge(step) ? [index] : []))];
  return starts.map((start, index) => {
    const steps = request.steps.slice(start, starts[index + 1]);
    const last = index === starts.length - 1;
    return {
      ...(index === 0 && request.by !== undefined ? { by: request.by } : {}),
      ...(index === 0 && request.lock ? { lock: request.lock } : {}),
      ...(index === 0 && request.mark ? { mark: request.mark } : {}),
      ...(request.keep ? { keep: request.keep } : {}),
      steps,
      ...(last && request.clear ? { clear: request.clear } : {}),
      queries: last ? request.queries : [],
      staged: stagedPath(steps[0]),
      last,
    };
  });
}

function isLarge(step: Step | undefined): step is Extract<Step, { kind: 'write' }> {
  return step?.kind === 'write' && (!Buffer.isBuffer(step.content) || step.content.length > LARGEST_HELD);
}

function stagedPath(step: Step | undefined): string | undefined {
  if (!isLarge(step)) return undefined;
  const slash = step.path.lastIndexOf('/');
  // A name has 255 bytes at most.
  const name = step.path.slice(slash + 1, slash + 51);
  return `${step.path.slice(0, Math.max(slash, 0))}/.${name}.provision-${randomBytes(6).toString('hex')}`;
}
