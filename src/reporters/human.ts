import type { ProvisionError } from '../errors.js';
import type { Emit, HostLeft, Recap, RunEvent, TaskLabel, TaskResult } from '../events.js';
import { changeTexts, paintDiff } from './change-text.js';
import { errorText } from './error-lines.js';
import { createGroups } from './groups.js';
import { labelText } from './label-text.js';
import type { Palette } from './palette.js';
import { plural } from './plural.js';
import { recapTable } from './recap.js';
import { createSlowest } from './slowest.js';
import type { Terminal } from './terminal.js';
import { Text, padded, text, type Part } from './text.js';
import { createWriter } from './writer.js';

export interface HumanOptions {
  readonly out: { write(text: string): unknown; readonly columns?: number | undefined };
  readonly palette: Palette;
  /** undefined: the output goes to a file or a program, and lines stay whole */
  readonly terminal: Terminal | undefined;
  /** -1 failures and the recap; 0 changes too; 1 everything that ran; 2 what programs print; 3 requests to hosts */
  readonly verbosity: number;
  /** show the diffs of files */
  readonly diff: boolean;
}

/** Changes a task may show before the rest is counted only. */
const SHOWN_CHANGES = 4;
/** Characters that the names of several hosts may take before they get a line of their own. */
const SHORT_LIST = 24;

/** What people read: changes and failures as they happen, a recap at the end. */
export function createHumanReporter(options: HumanOptions): Emit {
  const { palette, terminal, verbosity } = options;
  const live = terminal?.live;
  const print = printer(options);
  const slowest = createSlowest(labelText);
  const width = { host: 4 };
  let dryRun = false;
  let hosts: readonly string[] = [];
  // A dry run changes nothing, so nobody waits for its lines: what several hosts have alike is said once.
  const groups = createGroups<{ task: TaskLabel; result: TaskResult }>();
  const seenDiffs = new Map<string, string>();

  /** Text behind a margin. On a terminal what does not fit goes on below, behind the same margin. */
  const hang = (head: Part, margin: number, part: Part): void => {
    const room = (options.out.columns ?? 80) - margin;
    const lines = terminal === undefined || room < 24 ? [Text.of(part)] : terminal.wrap(part, room);
    for (const [index, line] of lines.entries())
      print(index === 0 ? text`${head}${line.trimEnd()}` : text`${' '.repeat(margin)}${line.trim()}`);
  };
  const row = (mark: Part, host: string, part: Part): void => {
    const name = padded(host, width.host);
    hang(text`  ${mark}  ${name}  `, 14 + name.width, part);
  };
  const indent = (line: Part): void => hang(' '.repeat(14 + width.host), 14 + width.host, line);
  /** What is shown as it is: programs' words, contents. */
  const verbatim = (line: Part): void => print(text`${' '.repeat(14 + width.host)}${line}`);

  return (event) => {
    live?.take(event);
    switch (event.type) {
      case 'run-start':
        width.host = Math.max(4, ...event.hosts.map((host) => Text.of(host).width));
        dryRun = event.check;
        hosts = event.hosts;
        if (verbosity < 0) return;
        print(
          text`${palette.bold(event.playbook)} on ${plural(event.hosts.length, 'host')} of ${event.inventory}${event.check ? palette.yellow('  (dry run: nothing is changed)') : ''}`,
        );
        return;
      case 'play-start':
        showGroups();
        if (verbosity < 0) return;
        print('');
        print(text`${palette.bold(`PLAY ${event.play}`)}  ${palette.dim(event.hosts.join(' '))}`);
        return;
      case 'host-connected':
        if (verbosity >= 1)
          row(palette.dim('login   '), event.host, palette.dim(`connected in ${event.ms} ms`));
        return;
      case 'request':
        if (verbosity >= 3) row(palette.dim('request '), event.host, palette.dim(requestText(event)));
        return;
      case 'task-start':
      case 'sending':
      case 'drift':
        return;
      case 'task-end':
        slowest.note(event.host, event.task, event.ms);
        return;
      case 'output':
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
        showResult(event.host, event.task, event.result);
        return;
      case 'task-failed':
        row(
          event.fate === 'failed' ? palette.red('FAILED  ') : palette.yellow(event.fate.padEnd(8)),
          event.host,
          palette.bold(labelText(event.task)),
        );
        showError(event.error);
        return;
      case 'host-unreachable':
        row(palette.red('UNREACH '), event.host, palette.bold('unreachable'));
        showError(event.error);
        return;
      case 'warning':
        print(
          text`  ${palette.yellow('warning ')}  ${event.host === undefined ? '' : `${event.host}  `}${event.message}`,
        );
        return;
      case 'verify-start':
        showGroups();
        if (verbosity < 0) return;
        print('');
        print(text`${palette.bold('VERIFY')}  ${palette.dim(event.hosts.join(' '))}`);
        return;
      case 'check-result':
        showCheck(event);
        return;
      case 'interrupted':
        showGroups();
        showLeft(event.left);
        return;
      case 'run-end':
        showGroups();
        live?.end();
        showEnd(event.recap);
    }
  };

  function showError(error: ProvisionError): void {
    const { what, said, hint } = errorText(error, palette);
    what.forEach(indent);
    said.forEach(verbatim);
    hint.forEach(indent);
  }

  function showResult(host: string, task: TaskLabel, result: TaskResult): void {
    if (result.status === 'skipped') {
      if (verbosity >= 1)
        row(palette.dim('skipped '), host, text`${labelText(task)}${palette.dim(reasonText(result.reason))}`);
      return;
    }
    if (verbosity < 0) return;
    if (result.status === 'ok' && result.message === undefined) {
      if (verbosity >= 1) row(palette.green('ok      '), host, labelText(task));
      return;
    }
    if (!dryRun) return showSaid([host], task, result);
    const { status, changes, message, reason } = result;
    const subject = labelText(task);
    const key = JSON.stringify([subject, status, changes, message, reason]);
    groups.add(host, { key, subject, value: { task, result } });
  }

  function showGroups(): void {
    for (const one of groups.take(hosts)) showSaid(one.hosts, one.value.task, one.value.result);
  }

  function showSaid(on: readonly string[], task: TaskLabel, result: TaskResult): void {
    const names = on.join(' ');
    const short = names.length <= Math.max(SHORT_LIST, width.host);
    const host = short ? names : plural(on.length, 'host');
    const listed = (): void => {
      if (!short) indent(palette.dim(names));
    };
    const label = labelText(task);
    switch (result.status) {
      case 'may-change':
        row(palette.yellow('may chg '), host, text`${label}${palette.dim(reasonText(result.reason))}`);
        return listed();
      case 'changed': {
        const time = result.ms >= 1000 && !dryRun ? palette.dim(`  ${(result.ms / 1000).toFixed(1)} s`) : '';
        const other = options.diff ? sameDiffAs(host, label, result) : undefined;
        if (other !== undefined)
          return row(
            palette.yellow('changed '),
            host,
            text`${label}${time}${palette.dim(`  (as on ${other})`)}`,
          );
        row(palette.yellow('changed '), host, text`${label}${time}`);
        listed();
        return showChanges(result);
      }
      default:
        row(palette.cyan('message '), host, label);
        listed();
        for (const line of (result.message ?? '').split('\n')) verbatim(line);
    }
  }

  /** The host that showed the same differences already. */
  function sameDiffAs(host: string, label: string, { changes }: TaskResult): string | undefined {
    if (!changes.some(({ diff }) => (diff?.length ?? 0) > 0)) return undefined;
    const key = JSON.stringify([label, changes]);
    const first = seenDiffs.get(key);
    if (first === undefined) seenDiffs.set(key, host);
    return first;
  }

  function showChanges({ changes }: TaskResult): void {
    const texts = changeTexts(changes);
    // A plan is complete. Of what is done the first are shown, and what is taken away: nobody would look for that behind a number.
    const whole = dryRun || options.diff || verbosity >= 1;
    const shown = texts.filter(({ line }, index) => whole || index < SHOWN_CHANGES || line.startsWith('- '));
    for (const { line, diff } of shown) {
      indent(palette.dim(line));
      if (options.diff) for (const one of diff) verbatim(paintDiff(one, palette));
    }
    if (texts.length > shown.length) indent(palette.dim(`and ${texts.length - shown.length} more`));
  }

  function showCheck(event: Extract<RunEvent, { type: 'check-result' }>): void {
    if (!event.ok) {
      row(palette.red('FAILED  '), event.host, palette.bold(labelText(event.task)));
      for (const line of event.message.split('\n')) indent(line);
    } else if (verbosity >= 1 || (verbosity === 0 && event.task.role === undefined)) {
      // Of the roles' many checks that hold the recap tells the number.
      const after = event.attempts > 1 ? palette.dim(` (after ${(event.ms / 1000).toFixed(1)} s)`) : '';
      const evidence = verbosity >= 1 ? palette.dim(`  ${event.message}`) : '';
      row(palette.green('verified'), event.host, text`${labelText(event.task)}${after}${evidence}`);
    }
  }

  function showLeft(left: readonly HostLeft[]): void {
    print('');
    print(
      text`${palette.yellow('INTERRUPTED')}  each host was left behind a finished step; run again to go on`,
    );
    for (const { host, tasks, next, handlers } of left) {
      const parts = [
        ...(tasks > 0 ? [`${plural(tasks, 'task')} left`] : []),
        ...(next === undefined ? [] : [`next: ${next}`]),
        ...(handlers.length > 0 ? [`handlers due: ${handlers.join(', ')}`] : []),
      ];
      row(palette.yellow('left    '), host, parts.join('; '));
    }
  }

  function showEnd(recap: Recap): void {
    print('');
    for (const line of recapTable(recap, palette, { roundTrips: verbosity >= 1, dryRun })) print(line);
    const slow = verbosity < 0 || dryRun ? [] : slowest.top(verbosity >= 1 ? 10 : 3);
    if (slow.length === 0) return;
    print('');
    print(text`  ${palette.dim('slowest tasks')}`);
    for (const { host, label, ms } of slow)
      print(
        text`  ${`${(ms / 1000).toFixed(1)} s`.padStart(8)}  ${palette.dim(text`${padded(host, width.host)}  ${label}`)}`,
      );
  }
}

function printer({ out, terminal }: HumanOptions): (line: Part) => void {
  const { live } = terminal ?? {};
  return live ? (line) => live.print(line) : createWriter(out).line;
}

function reasonText(reason: string | undefined): string {
  return reason === undefined ? '' : `  (${reason})`;
}

function requestText({
  user,
  queries,
  steps,
  sent,
  received,
  ms,
}: Extract<RunEvent, { type: 'request' }>): string {
  const parts = [
    ...(queries > 0 ? [plural(queries, 'question')] : []),
    ...(steps > 0 ? [plural(steps, 'step')] : []),
  ];
  const who = user === undefined ? '' : ` as ${user}`;
  return `${parts.join(', ') || 'a note'}${who}: ${sent} bytes sent, ${received} received, ${ms} ms`;
}
