import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';
import type { RunEvent } from '../events.js';
import { labelText } from './label-text.js';
import type { Palette } from './palette.js';
import { plural } from './plural.js';
import { sendingText } from './sending-text.js';
import { Text, padded, text, type Part } from './text.js';
import { createWriter } from './writer.js';

/**
 * Below the scrollback of a terminal: one line for each busy host (what it does, for how long, the last line it printed) and
 * how far all of them are.
 */
export interface Live {
  take(event: RunEvent): void;
  /** Put a line into the scrollback, above the live lines. */
  print(line: Part): void;
  end(): void;
}

interface Busy {
  readonly what: string;
  readonly since: number;
  line: string;
}

/** ms that a task has to last before it gets a line, and a run before it gets a bar: a converged run would only flicker */
const PATIENCE = 400;
const REDRAW = 120;
const BAR = 24;
/** More lines than this would push out what was printed. */
const MOST_LINES = 12;

export function createLive(
  out: { write(text: string): unknown; readonly columns?: number | undefined },
  palette: Palette,
): Live {
  const busy = new Map<string, Busy>();
  const began = Date.now();
  const progress = { done: 0, of: 0, verifying: false, hosts: 0, order: [] as readonly string[] };
  const draw = createLogUpdate(out as NodeJS.WriteStream, { showCursor: true });
  const writer = createWriter(out);
  let drawn = '';
  const timer = setInterval(redraw, REDRAW);
  timer.unref();

  function redraw(): void {
    const now = Date.now();
    if (now - began < PATIENCE) return;
    const shown = [...busy]
      .sort(([a], [b]) => progress.order.indexOf(a) - progress.order.indexOf(b))
      .filter(([, one]) => now - one.since >= PATIENCE);
    const hostWidth = Math.max(0, ...progress.order.map((host) => Text.of(host).width));
    const whatWidth = Math.max(0, ...shown.map(([, one]) => Text.of(one.what).width));
    const lines = shown.map(([host, { what, since, line }]) =>
      text`  ${padded(host, hostWidth)}  ${padded(what, whatWidth)}  ${seconds(now - since)}  ${line}`.trimEnd(),
    );
    const more = lines.length > MOST_LINES ? [text`  and ${lines.length - MOST_LINES} more hosts`] : [];
    const all = [...lines.slice(0, MOST_LINES), ...more, ...barLine(now)];
    if (all.length === 0) return clear();
    const width = (out.columns ?? 80) - 1;
    const drawing = all
      .map((line) => palette.dim(Text.cut(line, (one) => cliTruncate(one, width))).toString())
      .join('\n');
    if (drawing === drawn) return;
    // Whole each time: the library's patches leave lines behind when one in the middle goes away, and the next erasing then
    // takes a line of the scrollback with it.
    draw.clear();
    draw(drawing);
    drawn = drawing;
  }

  function barLine(now: number): Text[] {
    const { done, of, verifying, hosts } = progress;
    if (verifying) return [text`  verifying ${plural(hosts, 'host')}  ${seconds(now - began)}`];
    if (of === 0) return [];
    const part = Math.min(done / of, 1);
    const full = Math.floor(part * BAR);
    const bar = `${'#'.repeat(full)}${'-'.repeat(BAR - full)}`;
    return [
      text`  [${bar}] ${Math.floor(part * 100)} %  ${done} of ${of} tasks on ${plural(hosts, 'host')}  ${seconds(now - began)}`,
    ];
  }

  function clear(): void {
    if (drawn !== '') draw.clear();
    drawn = '';
  }

  return {
    take(event) {
      switch (event.type) {
        case 'run-start':
          progress.of = event.tasks;
          progress.order = event.hosts;
          progress.hosts = event.hosts.length;
          return;
        case 'task-start':
          busy.set(event.host, { what: labelText(event.task), since: Date.now(), line: '' });
          return;
        case 'output': {
          const one = busy.get(event.host);
          if (one && event.line.trim() !== '') one.line = event.line.trim();
          return;
        }
        case 'sending': {
          const one = busy.get(event.host);
          if (one) one.line = sendingText(event);
          return;
        }
        case 'task-end':
          if (event.task.handler !== true) progress.done += 1;
          busy.delete(event.host);
          return;
        case 'task-result':
        case 'task-failed':
        case 'host-unreachable':
          busy.delete(event.host);
          return;
        case 'verify-start':
          progress.verifying = true;
          progress.hosts = event.hosts.length;
          return;
        default:
          return;
      }
    },
    print(line) {
      clear();
      writer.line(line);
    },
    end() {
      clearInterval(timer);
      busy.clear();
      clear();
    },
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
