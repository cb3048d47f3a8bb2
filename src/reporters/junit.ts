import xmlbuilder from 'xmlbuilder';
import type { Emit, TaskLabel } from '../events.js';
import { errorLines } from './error-lines.js';
import { labelText } from './label-text.js';
import { createPalette } from './palette.js';

interface Case {
  readonly group: string;
  readonly name: string;
  readonly ms: number;
  readonly failure?: { readonly message: string; readonly text: string };
  readonly skipped?: string;
}

/**
 * JUnit's XML, as CI servers read it: a suite for each host, a case for each task and check. `xml()` gives it when the run has
 * ended. In a dry run a task that would change something is a case like any other.
 */
export function createJunitReporter(clock: () => Date): { readonly emit: Emit; xml(): string } {
  const suites = new Map<string, Case[]>();
  const errors = new Map<string, { message: string; text: string }>();
  const plain = createPalette(false, {});
  let name = 'provision';
  let started = clock();

  const add = (host: string, one: Case): void => {
    suites.set(host, [...(suites.get(host) ?? []), one]);
  };
  const emit: Emit = (event) => {
    switch (event.type) {
      case 'run-start':
        name = event.playbook;
        started = clock();
        for (const host of event.hosts) suites.set(host, []);
        return;
      case 'task-failed': {
        if (event.fate !== 'failed') return;
        const failure = { message: event.error.message, text: errorLines(event.error, plain).join('\n') };
        // What is no task's fault (a lock, a defect of the connection) has no end of a task.
        if (event.task.module === '')
          add(event.host, { group: 'host', name: event.task.name, ms: 0, failure });
        else errors.set(event.host, failure);
        return;
      }
      case 'task-end': {
        const failure = event.status === 'failed' ? errors.get(event.host) : undefined;
        const skipped = event.status === 'skipped' ? { skipped: 'its condition does not hold' } : {};
        add(event.host, {
          ...nameOf(event.task, 'task'),
          ms: event.ms,
          ...(failure ? { failure } : {}),
          ...skipped,
        });
        return;
      }
      case 'host-unreachable': {
        const text = errorLines(event.error, plain).join('\n');
        const failure = { message: event.error.message, text };
        return add(event.host, { group: 'host', name: 'reachable', ms: 0, failure });
      }
      case 'check-result': {
        const failure = event.ok
          ? {}
          : { failure: { message: event.message.split('\n')[0] ?? '', text: event.message } };
        return add(event.host, { ...nameOf(event.task, 'check'), ms: event.ms, ...failure });
      }
      default:
        return;
    }
  };
  return { emit, xml: () => render(name, started, suites) };
}

function nameOf(task: TaskLabel, kind: string): { group: string; name: string } {
  return { group: `${kind}.${task.role ?? 'play'}`, name: labelText(task) };
}

function render(name: string, started: Date, suites: ReadonlyMap<string, readonly Case[]>): string {
  // XML has no place for most control characters, and none for half a surrogate pair.
  const root = xmlbuilder.create('testsuites', { encoding: 'UTF-8', invalidCharReplacement: '?' });
  root.att('name', name);
  for (const [host, cases] of suites) {
    const suite = root.ele('testsuite', {
      name: host,
      timestamp: started.toISOString().slice(0, 19),
      tests: cases.length,
      failures: cases.filter(({ failure }) => failure).length,
      errors: 0,
      skipped: cases.filter(({ skipped }) => skipped !== undefined).length,
      time: seconds(cases.reduce((sum, { ms }) => sum + ms, 0)),
    });
    for (const { group, name: title, ms, failure, skipped } of cases) {
      const one = suite.ele('testcase', { classname: `${host}.${group}`, name: title, time: seconds(ms) });
      if (failure) one.ele('failure', { message: failure.message }, failure.text);
      else if (skipped !== undefined) one.ele('skipped', { message: skipped });
    }
  }
  return root.end({ pretty: true });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
