import { Answers, type Answer, type Query } from './query.js';
import type { Part, PartOutput } from './part.js';
import { quote } from './quote.js';
import { batchQueries, type QueryBatch } from './queries/index.js';
import { encodeMarker } from './queries/markers.js';
import { splitSignal } from './signal.js';
import type { Step, StepOutput } from './step.js';
import { compileStep } from './steps.js';

/** One write to a host and one answer: what to do, then what to tell. */
export interface AgentRequest {
  /** take the host's lock first; the text tells others who holds it */
  readonly lock?: { readonly holder: string };
  /** handlers that these steps make necessary: noted on the host's disk before the first step */
  readonly mark?: readonly string[];
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

/** A request as the parts of a script, and how to read what they print. */
export interface CompiledRequest {
  readonly parts: readonly Part[];
  readonly uninterruptible: boolean;
  /** which parts are steps: their lines are shown live */
  readonly stepOf: (part: number) => number | undefined;
  read(outputs: readonly PartOutput[]): AgentResponse | { readonly broken: PartOutput };
}

const NOTE = { ok: [0], keep: 4096 } as const;

/** @param staged files on the host that hold the content of large write steps, by index of the step */
export function compileRequest(request: AgentRequest, staged: ReadonlyMap<number, string>): CompiledRequest {
  const marks = (request.mark ?? []).map((name): Part => ({
    code: `put_marker ${quote(encodeMarker(name))}`,
    ...NOTE,
  }));
  const steps = request.steps.map((step, index) => compileStep(step, staged.get(index)));
  const clears = (request.clear ?? []).map((name): Part => ({
    code: `drop_marker ${quote(encodeMarker(name))}`,
    ...NOTE,
  }));
  const batches = batchQueries(request.queries);
  const firstStep = marks.length;
  const firstBatch = firstStep + steps.length + clears.length;
  const parts = [...marks, ...steps, ...clears, ...batches.map((batch) => batch.part)];
  return {
    parts,
    uninterruptible: request.steps.some(
      (step) => (step.kind === 'run' || step.kind === 'script') && step.uninterruptible === true,
    ),
    stepOf: (part) => (part >= firstStep && part < firstStep + steps.length ? part - firstStep : undefined),
    read(outputs) {
      const failed = outputs.findIndex((output, index) => !(parts[index]?.ok?.includes(output.rc) ?? true));
      const ran = outputs.slice(firstStep, firstStep + steps.length).map(stepOutput);
      if (failed < 0)
        return { outputs: ran, failed: undefined, answers: readAnswers(batches, outputs.slice(firstBatch)) };
      // Only a step may fail: a marker that cannot be written is a fault of the host.
      const step = failed - firstStep;
      if (step < 0 || step >= steps.length) return { broken: outputs[failed] as PartOutput };
      return { outputs: ran, failed: step, answers: new Answers(new Map()) };
    },
  };
}

function readAnswers(batches: readonly QueryBatch[], outputs: readonly PartOutput[]): Answers {
  const answers = new Map<string, Answer>();
  for (const [index, batch] of batches.entries()) {
    const output = outputs[index];
    if (output) for (const [key, answer] of batch.read(output)) answers.set(key, answer);
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
