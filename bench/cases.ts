import type { ContestantName, Work } from './contestants.js';
import { BenchError } from './error.js';
import type { PlaybookName } from './playbooks.js';

export const caseNames = [
  'first',
  'converged',
  'dry-run',
  'one-template',
  'one-line',
  'hundred-lines',
  'files',
  'many',
  'big-file',
  'site',
  'start-up',
] as const;
export type CaseName = (typeof caseNames)[number];
/** Those that all contestants take part in, on the hosts of the benchmark. */
export type HostCase = Exclude<CaseName, 'many' | 'big-file' | 'site' | 'start-up'>;

/** What is measured, on hosts that all tasks of the playbook have converged (but for `first`). */
export interface Case {
  readonly title: string;
  readonly playbook: PlaybookName;
  /** what is done before each run of each contestant, and not measured */
  readonly before: 'nothing' | 'bare hosts' | 'new files';
  readonly dryRun: boolean;
  readonly newRelease: boolean;
  /** changes that each host must report */
  readonly changes: (perHost: number) => boolean;
}

const none = (changes: number): boolean => changes === 0;
const one = (changes: number): boolean => changes === 1;

const still = { before: 'nothing', dryRun: false, newRelease: false, changes: none } as const;

export const cases: Readonly<Record<HostCase, Case>> = {
  first: {
    ...still,
    title: 'first run from bare, 30 tasks',
    playbook: 'tasks',
    before: 'bare hosts',
    // Of 30 tasks all but the two read-only ones and what a package has done already.
    changes: (changes) => changes >= 20,
  },
  converged: { ...still, title: 'converged run, 30 tasks', playbook: 'tasks' },
  'dry-run': { ...still, title: 'converged dry run with diff, 30 tasks', playbook: 'tasks', dryRun: true },
  'one-template': {
    ...still,
    title: 'one template changed, 30 tasks',
    playbook: 'tasks',
    newRelease: true,
    changes: one,
  },
  'one-line': { ...still, title: 'one line, converged', playbook: 'one-line' },
  'hundred-lines': { ...still, title: 'loop of 100 lines, converged', playbook: 'hundred-lines' },
  files: {
    ...still,
    title: '200 small files changed',
    playbook: 'files',
    before: 'new files',
    changes: (changes) => changes === 1 || changes === 200,
  },
};

export function workOf({ playbook, dryRun }: Case, release: number): Work {
  return { playbook, dryRun, release };
}

/** A contestant that did not do the work is not fast. */
export function checkWork(
  { title, changes }: Case,
  name: ContestantName,
  ran: { changed: number; hosts: number },
): void {
  if (name === 'floor' || changes(ran.changed / ran.hosts)) return;
  throw new BenchError(
    `${title}: ${name} reports ${ran.changed} changes on ${ran.hosts} hosts, which is not what this case is about`,
  );
}
