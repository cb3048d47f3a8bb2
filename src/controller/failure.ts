import { describeStep } from '../agent/describe-step.js';
import type { Step, StepOutput } from '../agent/step.js';
import { TaskError, type ErrorContext } from '../errors.js';

/** How many of a program's last lines an error shows. */
const TAIL = 12;

/** The error for a step that failed on the host: what ran, how it ended, its last lines. */
export function stepFailure(step: Step, output: StepOutput, context: ErrorContext): TaskError {
  const how = output.signal === undefined ? `exit code ${output.rc}` : `killed by ${output.signal}`;
  return new TaskError(`${describeStep(step)} failed: ${how}`, { ...context, detail: tailOf(output) });
}

/** The last lines that a program said, errors first. */
export function tailOf(output: { readonly stdout: string; readonly stderr: string }): string[] {
  const stderr = linesOf(output.stderr);
  const lines = stderr.length > 0 ? stderr : linesOf(output.stdout);
  return lines.slice(-TAIL);
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}
