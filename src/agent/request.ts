import { Answers, type Answer, type Query } from './query.js';
import { UnreachableError } from '../errors.js';
import type { Script } from './exchange.js';
import { describeStep } from './describe-step.js';
import { limitsOf, type HostLimits } from './limits.js';
import { scriptOf, type Part, type PartOutput } from './part.js';
import { quote, quoteAll } from './quote.js';
import { batchQueries, ownersPart, readOwners, type QueryBatch } from './queries/index.js';
import { noteFile } from './note-file.js';
import { encodeMarker } from './queries/markers.js';
import { shellText } from './shell-text.js';
import { splitSignal } from './signal.js';
import type { RequestPiece } from './split-request.js';
import type { Step, StepOutput } from './step.js';
import { STEP_KEEP, compileStep } from './steps.js';
import { writeGroups } from './write-groups.js';

/** One write to a host and one answer: what to do, then what to tell. */
export interface AgentRequest {
  /** take the host's lock first; the text tells others who holds it */
  readonly lock?: { readonly holder: string };
  /** who asks, from now on: noted on the host for each file that is written */
  readonly by?: string;
  /** handlers that these steps make necessary: noted on the host's disk before the first step */
  readonly mark?: readonly string[];
  /** those of them that put files back when they fail: what the steps write over is kept for them */
  readonly keep?: readonly string[];
  readonly steps: readonly Step[];
  /** handlers that have run: their notes are removed when the steps succeeded */
  readonly clear?: readonly string[];
  /** asked when all steps succeeded */
  readonly queries: readonly Query[];
}

export interface AgentResponse {
  /** one for each step that ran */
  readonly outputs: readonly StepOutput[];
  /** the index of the step that failed: later steps and the queries did not run */
  readonly failed: number | undefined;
  readonly answers: Answers;
}

/** A request as a script, and how to read what its parts print. */
export interface CompiledRequest {
  readonly script: Script;
  read(
    outputs: readonly PartOutput[],
  ): AgentResponse | { readonly broken: PartOutput; readonly doing: 'written' | 'removed' };
}

const NOTE = { ok: [0], keep: 4096 } as const;

/** @param stepsBefore how many steps of the whole request came before this piece */
export function compileRequest(
  request: RequestPiece,
  stepsBefore: number,
  limits: HostLimits,
): CompiledRequest {
  const marks = (request.mark ?? []).map((name): Part => ({
    code: `put_marker ${quoteAll([noteFile(name), encodeMarker(name)])} || unput_markers 1`,
    ...NOTE,
  }));
  const keep = request.keep ?? [];
  const together =
    request.staged === undefined && keep.length === 0 ? writeGroups(request.steps, STEP_KEEP) : undefined;
  const steps = request.steps.map((step, index) => {
    const part =
      together?.get(index) ??
      keeping(step, compileStep(step, index === 0 ? request.staged : undefined), keep);
    return index === 0 && marks.length > 0 ? unmarking(step, part) : part;
  });
  const clears = (request.clear ?? []).map((name): Part => ({
    code: `drop_marker ${quote(noteFile(name))}`,
    ...NOTE,
  }));
  const batches = batchQueries(request.queries);
  const survey = ownersPart(request.queries);
  const firstStep = marks.length;
  const firstBatch = firstStep + steps.length + clears.length;
  const parts = [
    ...marks,
    ...steps,
    ...clears,
    ...(survey ? [survey] : []),
    ...batches.flatMap((batch) => batch.parts),
  ];
  const [first] = request.steps;
  return {
    script: {
      parts,
      code: `${usesPlaces(request) ? shellText('places.sh') : ''}${scriptOf(parts)}`,
      uninterruptible: request.steps.some(
        (step) => (step.kind === 'run' || step.kind === 'script') && step.uninterruptible === true,
      ),
      stepOf: (part) =>
        part >= firstStep && part < firstStep + steps.length ? part - firstStep + stepsBefore : undefined,
      asks: { from: steps.length === 0 ? 0 : firstStep + steps.length, ...limitsOf(request.queries, limits) },
      about: first ? describeStep(first) : 'looking at the state of the host',
      holder: request.lock?.holder,
      by: request.by,
      staged:
        request.staged !== undefined && first?.kind === 'write'
          ? { path: request.staged, target: first.path, content: first.content }
          : undefined,
    },
    read(outputs) {
      const failed = outputs.findIndex((output, index) => !(parts[index]?.ok?.includes(output.rc) ?? true));
      const ran = outputs.slice(firstStep, firstStep + steps.length).map(stepOutput);
      if (failed < 0 && outputs.length < parts.length)
        throw new UnreachableError(
          `the agent ended in the midst of: ${first ? describeStep(first) : 'queries'}`,
        );
      if (failed < 0)
        return {
          outputs: ran,
          failed: undefined,
          answers: readAnswers(batches, outputs.slice(firstBatch), survey !== undefined),
        };
      // Only a step may fail: a marker that cannot be written is a fault of the host.
      const step = failed - firstStep;
      if (step < 0 || step >= steps.length)
        return { broken: outputs[failed] as PartOutput, doing: step < 0 ? 'written' : 'removed' };
      return { outputs: ran, failed: step, answers: new Answers(new Map()) };
    },
  };
}

function usesPlaces({ steps, queries }: RequestPiece): boolean {
  return [...steps, ...queries].some((one) => 'at' in one && one.at !== undefined);
}

/** The part of a step behind one that keeps what it writes over. */
function keeping(step: Step, part: Part, handlers: readonly string[]): Part {
  if (handlers.length === 0 || (step.kind !== 'write' && step.kind !== 'link')) return part;
  const path = step.path.startsWith('/') ? step.path : `/${step.path}`;
  const words = quoteAll([noteFile(path), path, ...handlers.map(noteFile)]);
  return { ...part, code: `if keep_file ${words}; then\n${part.code}\nelse false; fi` };
}

/** The part of the first step: when that is a file that was refused, nothing has changed and no handler is due for it. */
function unmarking(step: Step, part: Part): Part {
  return step.kind === 'write' ? { ...part, code: `{\n${part.code}\n} || unput_markers $?` } : part;
}

function readAnswers(
  batches: readonly QueryBatch[],
  outputs: readonly PartOutput[],
  surveyed: boolean,
): Answers {
  const answers = new Map<string, Answer>();
  const owners = readOwners(surveyed ? outputs[0] : undefined);
  let at = surveyed ? 1 : 0;
  for (const batch of batches) {
    for (const [key, answer] of batch.read(outputs.slice(at, at + batch.parts.length), owners))
      answers.set(key, answer);
    at += batch.parts.length;
  }
  return new Answers(answers);
}

function stepOutput(output: PartOutput): StepOutput {
  const { signal, stderr } = splitSignal(output.rc, output.stderr.toString('utf8'));
  return {
    rc: output.rc,
    ...(signal === undefined ? {} : { signal }),
    stdout: output.stdout.toString('utf8'),
    stderr,
  };
}
