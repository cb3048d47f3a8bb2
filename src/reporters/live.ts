import { createLogUpdate } from 'log-update';
import type { Palette } from './palette.js';

/** One line a busy host below the scrollback: what it is doing, for how long, the last line it said. */
export interface Live {
  start(host: string, what: string): void;
  output(host: string, line: string): void;
  stop(host: string): void;
  /** Put text into the scrollback, above the live lines. */
  print(text: string): void;
  end(): void;
}

interface Busy {
  readonly what: string;
  readonly since: number;
  line: string;
}

/** A task has to last this long (ms) before it gets a line: a converged run would only flicker. */
const PATIENCE = 400;
const REDRAW = 120;

export function createLive(
  out: { write(text: string): unknown; readonly columns?: number | undefined },
  palette: Palette,
): Live {
  const busy = new Map<string, Busy>();
  const draw = createLogUpdate(out as NodeJS.WriteStream, { showCursor: true });
  let drawn = false;
  const timer = setInterval(redraw, REDRAW);
  timer.unref();

  function redraw(): void {
    const now = Date.now();
    const lines = [...busy]
      .filter(([, one]) => now - one.since >= PATIENCE)
      .map(([host, one]) =>
        fit(`  ${host}  ${one.what}  ${Math.round((now - one.since) / 1000)} s  ${one.line}`),
      );
    if (lines.length > 0) {
      draw(lines.map((line) => palette.dim(line)).join('\n'));
      drawn = true;
    } else clear();
  }

  function clear(): void {
    if (drawn) draw.clear();
    drawn = false;
  }

  function fit(line: string): string {
    const width = (out.columns ?? 80) - 1;
    return line.length > width ? `${line.slice(0, width - 1)}…` : line;
  }

  return {
    start(host, what) {
      busy.set(host, { what, since: Date.now(), line: '' });
    },
    output(host, line) {
      const one = busy.get(host);
      if (one && line.trim() !== '') one.line = line.trim();
    },
    stop(host) {
      busy.delete(host);
    },
    print(text) {
      clear();
      out.write(text);
    },
    end() {
      clearInterval(timer);
      busy.clear();
      clear();
    },
  };
}
