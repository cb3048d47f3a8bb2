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

function describeStep(step: Step): string {
  switch (step.kind) {
    case 'run':
      return step.argv.length > 8 ? `${step.argv.slice(0, 8).join(' ')} ...` : step.argv.join(' ');
    case 'script':
      return step.args?.length ? `script (${step.args.join(' ')})` : 'script';
    case 'write':
      return `writing ${step.path}`;
    case 'link':
      return `linking ${step.path}`;
  }
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}
