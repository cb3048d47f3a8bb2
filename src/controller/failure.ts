import { describeStep } from '../agent/describe-step.js';
import type { Step, StepOutput } from '../agent/step.js';
import { TaskError, type ErrorContext } from '../errors.js';

/** How many of a program's last lines an error shows. */
const TAIL = 12;
/** How many errors of dpkg are shown with the lines before them, and how many lines. */
const ERRORS = 3;
const BEFORE = 5;
const DPKG_ERROR = /^dpkg: error processing /;

/** The error for a step that failed on the host: what ran, how it ended, its last lines. */
export function stepFailure(step: Step, output: StepOutput, context: ErrorContext): TaskError {
  const how = output.signal === undefined ? `exit code ${output.rc}` : `killed by ${output.signal}`;
  return new TaskError(`${describeStep(step)} failed: ${how}`, { ...context, detail: tailOf(output) });
}

/**
 * The last lines that a program said. Where it said something on both streams they are named: the reason may be on either, and what is
 * on the other is then its consequence.
 */
export function tailOf(output: { readonly stdout: string; readonly stderr: string }): string[] {
  const [stdout, stderr] = [linesOf(output.stdout), linesOf(output.stderr)];
  if (stdout.length === 0 || stderr.length === 0) return tellingLines([...stdout, ...stderr]);
  return ['stdout:', ...indented(tellingLines(stdout)), 'stderr:', ...indented(tellingLines(stderr))];
}

/** The last lines, and of dpkg, which goes on with other packages, what led to each of its first errors. */
function tellingLines(lines: readonly string[]): string[] {
  const told = new Set<number>();
  const failed = lines.flatMap((line, index) => (DPKG_ERROR.test(line) ? [index] : [])).slice(0, ERRORS);
  for (const at of failed) for (let index = at - BEFORE; index <= at + 1; index += 1) told.add(index);
  for (let index = lines.length - TAIL; index < lines.length; index += 1) told.add(index);
  const shown = [...told].filter((index) => index >= 0 && index < lines.length).sort((a, b) => a - b);
  return shown.flatMap((index, place) => {
    const gap = index - (shown[place - 1] ?? index - 1) > 1;
    return gap ? ['…', lines[index] ?? ''] : [lines[index] ?? ''];
  });
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** Progress that was written over in its line is not shown. */
function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .filter((line) => line.trim() !== '');
}
