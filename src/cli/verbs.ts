import type { Command } from 'commander';
import type { Io } from './io.js';

export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** loaded only when the verb is used: start-up stays quick */
  readonly load: () => Promise<{ define(command: Command, io: Io): void }>;
}

export const verbs: readonly Verb[] = [
  {
    name: 'run',
    summary: 'converge the hosts and verify them (the command when none is named)',
    load: () => import('./run.js'),
  },
  { name: 'verify', summary: 'run the checks of every role, read only', load: () => import('./verify.js') },
  {
    name: 'plan',
    summary: 'say what a run would change; -o saves it',
    load: () => import('./plan.js'),
  },
  { name: 'apply', summary: 'do what a saved plan says, and nothing else', load: () => import('./apply.js') },
  {
    name: 'drift',
    summary: 'report what on the hosts is not as the playbook says; for cron',
    load: () => import('./drift.js'),
  },
  { name: 'runs', summary: 'list past runs; show one again', load: () => import('./runs.js') },
  {
    name: 'pending',
    summary: 'list the handlers that earlier runs left due; drop one',
    load: () => import('./pending.js'),
  },
  { name: 'exec', summary: 'run one command on the hosts of a pattern', load: () => import('./exec.js') },
  {
    name: 'inventory',
    summary: 'print the inventory as ansible-inventory does',
    load: () => import('./inventory.js'),
  },
  {
    name: 'explain',
    summary: 'say what a variable is on a host, and which file and line set it',
    load: () => import('./explain.js'),
  },
  {
    name: 'cluster',
    summary: 'a local cluster of real hosts, made from an inventory',
    load: () => import('./cluster.js'),
  },
];

/** The verb of a command line and its arguments; no verb for help and version of the whole. */
export function findVerb(argv: readonly string[]): { verb: Verb | undefined; rest: readonly string[] } {
  const [first, second] = argv;
  const named = (name: string | undefined): Verb | undefined => verbs.find((one) => one.name === name);
  if (first === undefined) return { verb: undefined, rest: ['--help'] };
  if (first === 'help') return { verb: named(second), rest: ['--help'] };
  if (['--help', '-h', '--version', '-V'].includes(first)) return { verb: undefined, rest: argv };
  const verb = named(first);
  return verb ? { verb, rest: argv.slice(1) } : { verb: named('run'), rest: argv };
}
