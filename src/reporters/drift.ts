import type { Emit, RunEvent } from '../events.js';
import { changeTexts, paintDiff } from './change-text.js';
import { errorLines } from './error-lines.js';
import { createGroups } from './groups.js';
import { labelText } from './label-text.js';
import type { Palette } from './palette.js';
import { plural } from './plural.js';
import { Text, padded, text, type Part } from './text.js';
import type { Writer } from './writer.js';

type Drift = Extract<RunEvent, { type: 'drift' }>;

/**
 * What differs on the hosts, for a mail of cron: nothing is said where nothing differs, unless somebody looks on. Lines with `-`
 * are what is there, lines with `+` what the playbook says.
 */
export function createDriftReporter(
  writer: Writer,
  palette: Palette,
  options: { readonly speaks: boolean },
): Emit {
  const groups = createGroups<Drift>();
  const notes = new Map<string, string>();
  const drifted = new Set<string>();
  const print = (line: Part): void => writer.line(line);
  const key = (event: Drift): string => JSON.stringify([labelText(event.task), event.subject, event.changes]);

  let hosts: readonly string[] = [];
  return (event) => {
    switch (event.type) {
      case 'run-start':
        hosts = event.hosts;
        return;
      case 'drift':
        drifted.add(event.host);
        groups.add(event.host, { key: key(event), subject: event.subject, value: event });
        notes.set(`${event.host}\0${key(event)}`, noteOf(event));
        return;
      case 'task-failed':
        if (event.fate !== 'failed') return;
        print(text`${palette.red('FAILED')}  ${event.host}  ${labelText(event.task)}`);
        for (const line of errorLines(event.error, palette)) print(text`        ${line}`);
        return;
      case 'host-unreachable':
        print(text`${palette.red('UNREACHABLE')}  ${event.host}`);
        for (const line of errorLines(event.error, palette)) print(text`        ${line}`);
        return;
      case 'warning':
        print(
          text`${palette.yellow('warning')}  ${event.host === undefined ? '' : `${event.host}  `}${event.message}`,
        );
        return;
      case 'run-end': {
        for (const one of groups.take(hosts)) show(one.hosts, one.value);
        const looked = event.recap.hosts.filter(({ failed, unreachable }) => !unreachable && failed === 0);
        if (drifted.size > 0) print(`${plural(drifted.size, 'host')} of ${hosts.length} drifted`);
        else if (options.speaks) print(`no drift on ${plural(looked.length, 'host')}`);
        return;
      }
      default:
        return;
    }
  };

  function show(on: readonly string[], event: Drift): void {
    print(
      text`${palette.yellow('DRIFT')}  ${palette.bold(event.subject)}  ${palette.dim(`(${labelText(event.task)})`)}`,
    );
    const width = Math.max(...on.map((host) => Text.of(host).width));
    for (const host of on)
      print(text`       ${padded(host, width)}  ${notes.get(`${host}\0${key(event)}`) ?? ''}`.trimEnd());
    for (const { line, diff } of changeTexts(event.changes)) {
      print(text`       ${palette.dim(line)}`);
      for (const one of diff) print(text`       ${paintDiff(one, palette)}`);
    }
    print('');
  }
}

function noteOf({ subject, modified, written }: Drift): string {
  if (!subject.startsWith('/')) return '';
  const last =
    written === undefined
      ? 'no run is known that wrote it'
      : `last written ${timeText(written.at)} by ${written.by}`;
  return `${modified === undefined ? 'is not there' : `modified ${timeText(modified)}`}, ${last}`;
}

function timeText(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}
