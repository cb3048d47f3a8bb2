import type { Step } from './step.js';

/** Words of a command that are shown. */
const MOST = 8;

/** What a step does, for messages: a program with its first arguments, or what is done with which path. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'run':
      return step.argv.length > MOST ? `${step.argv.slice(0, MOST).join(' ')} ...` : step.argv.join(' ');
    case 'script':
      if (step.does !== undefined) return step.does;
      return step.args?.length ? `script (${step.args.join(' ')})` : 'script';
    case 'write':
      return `writing ${step.path}`;
    case 'copy':
      return `copying ${step.from} to ${step.path}`;
    case 'link':
      return `linking ${step.path}`;
    case 'folders':
      return `making ${step.paths.join(', ')}`;
    case 'attributes':
      return `setting the ${attributesText(step)} of ${step.path}`;
    case 'recurse':
      return `setting the ${attributesText(step)} of all below ${step.path}`;
    case 'remove':
      return `removing ${step.path}`;
    case 'touch':
      return `touching ${step.path}`;
  }
}

function attributesText({ owner, mode }: { owner?: string; mode?: string }): string {
  return [...(owner === undefined ? [] : ['owner']), ...(mode === undefined ? [] : ['mode'])].join(' and ');
}
