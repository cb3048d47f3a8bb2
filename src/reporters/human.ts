import type { ChangeView, RunEvent, TaskLabel, TaskResult } from '../events.js';
import { errorLines } from './error-lines.js';
import { createLive, type Live } from './live.js';
import type { Palette } from './palette.js';
import { recapTable } from './recap.js';

export interface HumanOptions {
  readonly out: { write(text: string): unknown; readonly columns?: number | undefined };
  readonly palette: Palette;
  /** a live line for each host below the scrollback; only on a terminal */
  readonly live: boolean;
  /** -1 quiet, 0 changes and failures, 1 everything that ran, 2 output lines too */
  readonly verbosity: number;
  /** show the diffs of files */
  readonly diff: boolean;
}

/** Changes a task may show before the rest is counted only. */
const SHOWN_CHANGES = 4;

/** What people read: changes and failures as they happen, a recap at the end. */
export function createHumanReporter(options: HumanOptions): (event: RunEvent) => void {
  const { palette, verbosity } = options;
  const live = options.live ? createLive(options.out, palette) : undefined;
  const print = printer(options, live);
  const width = { host: 4 };

  const row = (mark: string, host: string, text: string): void => {
    print(`  ${mark}  ${host.padEnd(width.host)}  ${text}`);
  };
  const indent = (line: string): void => {
    print(`${' '.repeat(14 + width.host)}${line}`);
  };

  return (event) => {
    switch (event.type) {
      case 'run-start':
        width.host = Math.max(4, ...event.hosts.map((host) => host.length));
        if (verbosity < 0) return;
        print(
          `${palette.bold(event.playbook)} on ${plural(event.hosts.length, 'host')} of ${event.inventory}${event.check ? palette.yellow('  (dry run: nothing is changed)') : ''}`,
        );
        return;
      case 'play-start':
        if (verbosity < 0) return;
        print('');
        print(`${palette.bold(`PLAY ${event.play}`)}  ${palette.dim(event.hosts.join(' '))}`);
        return;
      case 'host-connected':
        if (verbosity >= 1)
          row(palette.dim('login   '), event.host, palette.dim(`connected in ${event.ms} ms`));
        return;
      case 'task-start':
        live?.start(event.host, labelText(event.task));
        return;
      case 'output':
        live?.output(event.host, event.line);
        if (verbosity >= 2) row(palette.dim('output  '), event.host, palette.dim(event.line));
        return;
      case 'retry':
        if (verbosity >= 0)
          row(
            palette.yellow('retry   '),
            event.host,
            `${labelText(event.task)} (${event.attempt} of ${event.of})`,
          );
        return;
      case 'task-result':
        live?.stop(event.host);
        showResult(event.host, event.task, event.result);
        return;
      case 'task-failed':
        live?.stop(event.host);
        row(
          event.fate === 'failed' ? palette.red('FAILED  ') : palette.yellow(event.fate.padEnd(8)),
          event.host,
          palette.bold(labelText(event.task)),
        );
        for (const line of errorLines(event.error, palette)) indent(line);
        return;
      case 'host-unreachable':
        live?.stop(event.host);
        row(palette.red('UNREACH '), event.host, palette.bold('unreachable'));
        for (const line of errorLines(event.error, palette)) indent(line);
        return;
      case 'warning':
        print(
          `  ${palette.yellow('warning ')}  ${event.host === undefined ? '' : `${event.host}  `}${event.message}`,
        );
        return;
      case 'verify-start':
        if (verbosity < 0) return;
        print('');
        print(`${palette.bold('VERIFY')}  ${palette.dim(event.hosts.join(' '))}`);
        return;
      case 'check-result':
        if (!event.ok) {
          row(palette.red('FAILED  '), event.host, palette.bold(labelText(event.task)));
          for (const line of event.message.split('\n')) indent(line);
        } else if (verbosity >= 1 || (verbosity === 0 && event.task.role === undefined)) {
          // Of the roles' many checks that hold the recap tells the number.
          const after = event.attempts > 1 ? palette.dim(` (after ${(event.ms / 1000).toFixed(1)} s)`) : '';
          const evidence = verbosity >= 1 ? palette.dim(`  ${event.message}`) : '';
          row(palette.green('verified'), event.host, `${labelText(event.task)}${after}${evidence}`);
        }
        return;
      case 'run-end':
        live?.end();
        print('');
        for (const line of recapTable(event.recap, palette, { roundTrips: verbosity >= 1 })) print(line);
    }
  };

  function showResult(host: string, task: TaskLabel, result: TaskResult): void {
    switch (result.status) {
      case 'ok':
        if (result.message !== undefined && verbosity >= 0) {
          row(palette.cyan('message '), host, labelText(task));
          for (const line of result.message.split('\n')) indent(line);
        } else if (verbosity >= 1) row(palette.green('ok      '), host, labelText(task));
        return;
      case 'skipped':
        if (verbosity >= 1)
          row(palette.dim('skipped '), host, `${labelText(task)}${palette.dim(reasonText(result.reason))}`);
        return;
      case 'may-change':
        if (verbosity >= 0)
          row(
            palette.yellow('may chg '),
            host,
            `${labelText(task)}${palette.dim(reasonText(result.reason))}`,
          );
        return;
      case 'changed':
        if (verbosity < 0) return;
        row(
          palette.yellow('changed '),
          host,
          `${labelText(task)}${result.ms >= 1000 ? palette.dim(`  ${(result.ms / 1000).toFixed(1)} s`) : ''}`,
        );
        showChanges(result.changes);
    }
  }

  function showChanges(changes: readonly ChangeView[]): void {
    const subjects = [...new Set(changes.map((change) => change.subject))];
    const bySubject = subjects.map(
      (subject) => [subject, changes.filter((change) => change.subject === subject)] as const,
    );
    const most = verbosity >= 1 ? bySubject.length : SHOWN_CHANGES;
    for (const [subject, fields] of bySubject.slice(0, most)) {
      indent(palette.dim(changeText(subject, fields)));
      if (options.diff)
        for (const line of fields.flatMap((change) => change.diff ?? [])) indent(paintDiff(line, palette));
    }
    if (bySubject.length > most) indent(palette.dim(`and ${bySubject.length - most} more`));
  }
}

function printer(options: HumanOptions, live: Live | undefined): (line: string) => void {
  return (line) => {
    if (live) live.print(`${line}\n`);
    else options.out.write(`${line}\n`);
  };
}

/** `role : name [item]` */
export function labelText(task: TaskLabel): string {
  const role = task.role === undefined ? '' : `${task.role} : `;
  const handler = task.handler === true ? ' (handler)' : '';
  return `${role}${task.name}${task.item === undefined ? '' : ` [${task.item}]`}${handler}`;
}

/** `+ path  content: 12 bytes, mode: 0644`, `~ path  mode: 0644 -> 0600` */
function changeText(subject: string, fields: readonly ChangeView[]): string {
  const mark = fields.every(({ before }) => before === null)
    ? '+'
    : fields.every(({ after }) => after === null)
      ? '-'
      : '~';
  const texts = fields.map(({ field, before, after }) => {
    if (before === null) return `${field}: ${short(after ?? '')}`;
    return after === null ? `${field}: ${short(before)}` : `${field}: ${short(before)} -> ${short(after)}`;
  });
  return `${mark} ${subject}  ${texts.join(', ')}`;
}

function short(text: string): string {
  const line = text.replaceAll('\n', '\\n');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

function reasonText(reason: string | undefined): string {
  return reason === undefined ? '' : `  (${reason})`;
}

function paintDiff(line: string, palette: Palette): string {
  if (line.startsWith('+')) return palette.green(line);
  if (line.startsWith('-')) return palette.red(line);
  return line.startsWith('@@') ? palette.cyan(line) : line;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
